import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { decodePayload } from '../encryption/index.js';

/**
 * Whether the run that scheduled an activity can still look after the job.
 * - `owned`: it runs on, was reset, or closed by itself and settled what it had started.
 * - `orphaned`: it was terminated, timed out or deleted, or it closed and let go of the job, so nobody will settle it.
 * - `unknown`: the server did not say in time.
 */
export type OwnRun = 'owned' | 'orphaned' | 'unknown';

/** What `describe` tells of a run, as far as it matters here. */
export interface RunDescription {
  readonly status: string;
  /** The run that a reset made of this one. */
  readonly resetRunId?: string;
  /** The activity that asks has not ended, as far as the run knows; `cancelled`: the run has asked it to end. */
  readonly activity?: 'under-way' | 'cancelled';
}

/** The activity that asks: what it has to tell of the job, the handle of it or no more than its end. */
export type OwnActivity = 'submits' | 'waits';

const CLOSED_BY_ITSELF: ReadonlySet<string> = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'CONTINUED_AS_NEW']);
const CLOSED: ReadonlySet<string> = new Set([...CLOSED_BY_ITSELF, 'TERMINATED', 'TIMED_OUT']);

/**
 * NOT_FOUND on a heartbeat does not mean "terminated": it also reaches an attempt after `activity reset`, a worker that
 * was frozen past its heartbeat timeout while another attempt follows the job, and an activity of a run that was reset.
 * Only a run that ended without its own settling leaves the job without an owner. A workflow of somebody's own may do so by
 * itself: it fails with one of two jobs side by side, or continues as new, and does not wait for the other. And a handle
 * that no run was told of, the one that a reset made of it least of all, is known to nobody.
 */
export function judgeOwnRun(run: RunDescription | 'not-found', own: OwnActivity = 'waits'): OwnRun {
  if (run === 'not-found') return 'orphaned';
  const { status, resetRunId, activity } = run;
  if (own === 'submits' && activity !== undefined && CLOSED.has(status)) return 'orphaned';
  if (resetRunId) return 'owned';
  if (status === 'TERMINATED' || status === 'TIMED_OUT') return 'orphaned';
  return CLOSED_BY_ITSELF.has(status) && activity === 'under-way' ? 'orphaned' : 'owned';
}

const DESCRIBE_TRIES = 4;
/** Calls of an activity's client do not end with the activity (temporal.md 8.4), so each has its own deadline. */
const DESCRIBE_TIMEOUT_MS = 5_000;

/** `temporal.api.enums.v1.PendingActivityState`: the run has asked for its end. */
const CANCEL_REQUESTED = 3;

/**
 * Asks the server about a run; never rejects. Unknown means: leave the job to whoever owns it.
 *
 * @param activityId - of the one that asks
 */
export async function describeOwnRun(
  client: Client,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
  activityId: string,
  own: OwnActivity,
): Promise<OwnRun> {
  for (let tries = 0; tries < DESCRIBE_TRIES; tries++) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tries));
    try {
      const { status, raw } = await within(
        DESCRIBE_TIMEOUT_MS,
        client.workflow.getHandle(workflowId, runId).describe(),
      );
      const resetRunId = raw.workflowExtendedInfo?.resetRunId;
      const pending = raw.pendingActivities?.find((activity) => activity.activityId === activityId);
      return judgeOwnRun(
        {
          status: status.name,
          ...(resetRunId ? { resetRunId } : {}),
          ...(pending && { activity: pending.state === CANCEL_REQUESTED ? 'cancelled' : 'under-way' }),
        },
        own,
      );
    } catch (error) {
      if (error instanceof WorkflowNotFoundError) return judgeOwnRun('not-found');
    }
  }
  return 'unknown';
}

/**
 * What an activity of a run told with its last heartbeat; undefined where it is no more, told nothing, or the server does
 * not say in time. Never rejects.
 */
export async function heartbeatOf(
  client: Client,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
  activityId: string,
): Promise<unknown> {
  try {
    const { raw } = await within(DESCRIBE_TIMEOUT_MS, client.workflow.getHandle(workflowId, runId).describe());
    const activity = raw.pendingActivities?.find((pending) => pending.activityId === activityId);
    const payload = activity?.heartbeatDetails?.payloads?.[0];
    return payload && (await decodePayload(payload, client.options.loadedDataConverter));
  } catch {
    return undefined;
  }
}

function within<T>(timeoutMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer in ${timeoutMs} ms`)), timeoutMs);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
