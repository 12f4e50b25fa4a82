import type { WorkflowExecutionDescription, WorkflowExecutionInfo } from '@temporalio/client';
import type { LoadedDataConverter, Payload } from '@temporalio/common';
import { decodePayload } from '../encryption/index.js';
import { SETTLEMENT_MEMO, type Settlement } from '../workflows/contract.js';

export type RunState = 'running' | 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out';

/** What Temporal says of a run wherever it names one. Times are ISO 8601. */
export interface RunFacts {
  readonly workflowId: string;
  readonly runId: string;
  /** The workflow type: `job`, `pipeline`, or that of a workflow of your own. */
  readonly type: string;
  readonly status: RunState;
  readonly startedAt: string;
  readonly closedAt?: string;
}

/** What Temporal knows of a run without asking a worker. */
export interface RunStatus extends RunFacts {
  readonly historyEvents: number;
  /** Activities that have not ended yet, with what went wrong last. */
  readonly pendingActivities: readonly PendingActivity[];
  /** Above 1 the workflow's own code keeps failing, and the run stands still until a fixed worker takes it. */
  readonly workflowTaskAttempt?: number;
  /** Of a cancelled run: what became of its remote jobs. */
  readonly settlement?: Settlement;
}

export interface PendingActivity {
  readonly type: string;
  readonly activityId: string;
  readonly attempt: number;
  readonly state: 'scheduled' | 'running' | 'cancel-requested' | 'paused';
  readonly lastFailure?: { readonly type?: string; readonly message: string };
  readonly nextAttemptAt?: string;
  /** Details of its last heartbeat. */
  readonly heartbeat?: unknown;
}

/** The describe answer, cut down to what a caller of JobRelay asks about. */
export async function toRunStatus(
  description: WorkflowExecutionDescription,
  converter: LoadedDataConverter,
): Promise<RunStatus> {
  const settlement = settlementOf(description);
  const taskAttempt = description.raw.pendingWorkflowTask?.attempt ?? 0;
  return {
    ...toRunFacts(description),
    historyEvents: description.historyLength,
    pendingActivities: await Promise.all(
      (description.raw.pendingActivities ?? []).map((activity) => toPendingActivity(activity, converter)),
    ),
    ...(taskAttempt > 1 && { workflowTaskAttempt: taskAttempt }),
    ...(settlement && { settlement }),
  };
}

export function toRunFacts({
  workflowId,
  runId,
  type,
  status,
  startTime,
  closeTime,
}: WorkflowExecutionInfo | WorkflowExecutionDescription): RunFacts {
  return {
    workflowId,
    runId,
    type,
    status: toRunState(status.name),
    startedAt: startTime.toISOString(),
    ...(closeTime && { closedAt: closeTime.toISOString() }),
  };
}

/** What a cancelled run wrote down before it closed. */
export function settlementOf({ memo }: WorkflowExecutionDescription): Settlement | undefined {
  return memo?.[SETTLEMENT_MEMO] as Settlement | undefined;
}

const RUN_STATES: Readonly<Record<string, RunState>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

/** From the name that Temporal's client gives a status. */
function toRunState(name: string): RunState {
  return RUN_STATES[name] ?? 'running';
}

type RawPendingActivity = NonNullable<WorkflowExecutionDescription['raw']['pendingActivities']>[number];

/** By the numbers of `temporal.api.enums.v1.PendingActivityState`. */
const ACTIVITY_STATES: Readonly<Record<number, PendingActivity['state']>> = {
  1: 'scheduled',
  2: 'running',
  3: 'cancel-requested',
  4: 'paused',
  5: 'paused',
};

/** `temporal.api.enums.v1.ApplicationErrorCategory`: how an activity leaves its slot when nothing is wrong. */
const BENIGN = 1;

async function toPendingActivity(raw: RawPendingActivity, converter: LoadedDataConverter): Promise<PendingActivity> {
  const { lastFailure, nextAttemptScheduleTime } = raw;
  const failureType = lastFailure?.applicationFailureInfo?.type;
  const heartbeat = raw.heartbeatDetails?.payloads?.[0];
  return {
    type: raw.activityType?.name ?? '',
    activityId: raw.activityId ?? '',
    attempt: raw.attempt ?? 1,
    state: ACTIVITY_STATES[raw.state ?? 0] ?? 'scheduled',
    ...(lastFailure &&
      lastFailure.applicationFailureInfo?.category !== BENIGN && {
        lastFailure: { ...(failureType && { type: failureType }), message: await messageOf(lastFailure, converter) },
      }),
    ...(nextAttemptScheduleTime && { nextAttemptAt: toIso(nextAttemptScheduleTime) }),
    ...(heartbeat && { heartbeat: await decodePayload(heartbeat, converter) }),
  };
}

/** Where payloads are encrypted, the message is one. */
async function messageOf(
  { message, encodedAttributes }: { readonly message?: string | null; readonly encodedAttributes?: Payload | null },
  converter: LoadedDataConverter,
): Promise<string> {
  const attributes = encodedAttributes && Object(await decodePayload(encodedAttributes, converter));
  return attributes?.message ?? message ?? '';
}

function toIso(time: NonNullable<RawPendingActivity['nextAttemptScheduleTime']>): string {
  return new Date(Number(time.seconds ?? 0) * 1_000 + (time.nanos ?? 0) / 1e6).toISOString();
}
