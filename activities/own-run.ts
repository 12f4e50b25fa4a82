import type { Client } from '@temporalio/client';
import { WorkflowNotFoundError } from '@temporalio/client';
import { decodePayload } from '../encryption/index.js';

/**
 * Whether the run that scheduled an activity can still look after the job.
 * - `owned`: it runs on, was reset or continued as new, or closed by itself and settled what it had started.
 * - `orphaned`: it was terminated, timed out or deleted, so nobody will settle the job.
 * - `unknown`: the server did not say in time.
 */
export type OwnRun = 'owned' | 'orphaned' | 'unknown';

/** What `describe` tells of a run, as far as it matters here. */
export interface RunDescription {
  readonly status: string;
  /** The run that a reset made of this one. */
  readonly resetRunId?: string;
}

/**
 * NOT_FOUND on a heartbeat does not mean "terminated": it also reaches an attempt after `activity reset`, a worker that
 * was frozen past its heartbeat timeout while another attempt follows the job, and an activity of a run that was reset.
 * Only a run that ended without its own settling leaves the job without an owner.
 */
export function judgeOwnRun(run: RunDescription | 'not-found'): OwnRun {
  if (run === 'not-found') return 'orphaned';
  if (run.resetRunId) return 'owned';
  return run.status === 'TERMINATED' || run.status === 'TIMED_OUT' ? 'orphaned' : 'owned';
}

const DESCRIBE_TRIES = 4;
/** Calls of an activity's client do not end with the activity (temporal.md 8.4), so each has its own deadline. */
const DESCRIBE_TIMEOUT_MS = 5_000;

/** Asks the server about a run; never rejects. Unknown means: leave the job to whoever owns it. */
export async function describeOwnRun(
  client: Client,
  { workflowId, runId }: { readonly workflowId: string; readonly runId: string },
): Promise<OwnRun> {
  for (let tries = 0; tries < DESCRIBE_TRIES; tries++) {
    if (tries > 0) await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tries));
    try {
      const description = await within(DESCRIBE_TIMEOUT_MS, client.workflow.getHandle(workflowId, runId).describe());
      const resetRunId = description.raw.workflowExtendedInfo?.resetRunId;
      return judgeOwnRun({ status: description.status.name, ...(resetRunId ? { resetRunId } : {}) });
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
