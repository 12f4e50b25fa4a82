/**
 * The names and shapes that callers in any language, schedules and open histories rely on. Types and constants only:
 * imported by the client, the worker, the activities and the workflow sandbox alike. Fields are added, never changed.
 */
import type { JobHandle } from '../job-api/job.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { WaitingApproval } from './approval-contract.js';
import type { BudgetInput, BudgetUse } from './budget-contract.js';
import type { StreamMode, StreamSummary } from './stream-contract.js';
import type { Attempt, SettleOutcome, Usage } from './usage-contract.js';

export * from './approval-contract.js';
export * from './budget-contract.js';
export * from './stream-contract.js';
export * from './usage-contract.js';

/** Workflows and short activities. */
export const TASK_QUEUE = 'jobrelay';
/**
 * The queue of what waits for a job: apart, so that a mass cancel does not queue behind the waiting. Named after the
 * workflow's own, so that a second fleet of workers on another queue is complete in itself.
 */
export function awaitTaskQueueOf(taskQueue: string): string {
  return `${taskQueue}-await`;
}
export const AWAIT_TASK_QUEUE = awaitTaskQueueOf(TASK_QUEUE);

export const WORKFLOW_TYPES = {
  job: 'job',
  pipeline: 'pipeline',
  slice: 'slice',
  nested: 'nested',
  reap: 'reap',
} as const;

/** The schedule by which the jobs of terminated runs are looked for, one for each task queue. */
export function reapScheduleId(taskQueue: string): string {
  return `${WORKFLOW_TYPES.reap}:${taskQueue}`;
}

/** `JobRelayRun` of a workflow of somebody's own that runs jobs by `executeJob`; ours have their type there. */
export const OWN_RUN = 'workflow';

/** Names of the search attributes, with the type each is registered as. */
export const SEARCH_ATTRIBUTES = {
  JobRelayRun: 'KEYWORD',
  JobRelayPipeline: 'KEYWORD',
  JobRelayEndpoint: 'KEYWORD_LIST',
  JobRelayTenant: 'KEYWORD',
  JobRelayUnsettled: 'BOOL',
} as const;
export type SearchAttributeName = keyof typeof SEARCH_ATTRIBUTES;

/** Written before a cancelled run closes, since a cancelled workflow has no result. Holds a {@link Settlement}. */
export const SETTLEMENT_MEMO = 'jobrelay.settlement';
/** sha256 of the input of a keyed start, to tell a repeated start from one with another input. */
export const INPUT_DIGEST_MEMO = 'jobrelay.inputDigest';

/** The {@link DefinitionIdentity} of a run that named its pipeline. */
export const DEFINITION_MEMO = 'jobrelay.definition';

/** The {@link Usage} of a run with a tenant, written before it closes, so that a list of runs tells what they used. */
export const USAGE_MEMO = 'jobrelay.usage';

/** A duration as people write it (`"90s"`, `"5m"`, `"1h"`) or in milliseconds. */
export type Duration = string | number;

export interface TimeoutsInput {
  /** From the submit until a worker takes the job. */
  readonly queue?: Duration;
  /** From then until it ends. */
  readonly run?: Duration;
  /** Over all attempts, from the start of the first. */
  readonly total?: Duration;
}

/** Extra jobs allowed, by class of failure. */
export interface RetryInput {
  /** The platform lost or could not run the job. */
  readonly platform?: number;
  /** The job was not taken in time. */
  readonly queue?: number;
  /** The handler failed, or its output was rejected. */
  readonly handler?: number;
  /** Pause before an extra job after a failure of the platform or the handler: `first`, doubled each time up to `max`. */
  readonly backoff?: { readonly first?: Duration; readonly max?: Duration };
}

/** Jobs that are begun beside one that is slow. */
export interface HedgeInput {
  /** From when a provider took the job, so that its queue counts too. */
  readonly after: Duration;
  /** Jobs begun so, over all attempts; 1 where absent. */
  readonly max?: number;
}

/** What is asked of a job, apart from its input. */
export interface JobOptionsInput {
  readonly timeouts?: TimeoutsInput;
  readonly retry?: RetryInput;
  /** A further job where one is slow; the first result wins. */
  readonly hedge?: HedgeInput | 'off';
  readonly policy?: { readonly lowPriority?: boolean };
  /** `accessId` and `accessSecret` must be `{"$secret": NAME}`: they would stand in the history otherwise. */
  readonly s3Config?: JsonObject;
  readonly model?: string;
  /** JSON Schema that a job's output must meet. */
  readonly outputSchema?: JsonObject;
  /**
   * What to do when it is not known whether a submit was accepted: submit once more and count a suspected duplicate, or
   * fail with `SubmitAmbiguous`.
   */
  readonly onAmbiguousSubmit?: 'resubmit' | 'fail';
  /**
   * Of a handler that is a generator. `collect`: its chunks become the output, whether or not its worker keeps a list of
   * them. `events`: they are kept for readers too, as they come.
   */
  readonly stream?: StreamMode;
}

/** Input of the workflow `job`. */
export interface JobInput extends JobOptionsInput {
  /** An alias from jobrelay.yaml or `provider/endpointId`; of several, tried in this order. */
  readonly endpoint: string | readonly string[];
  readonly input: JsonObject;
  /** Whose job it is: runs are found by it. */
  readonly tenant?: string;
  /** For all its attempts. */
  readonly budget?: BudgetInput;
}

/** Result of the workflow `job`, and (without `output`) the details of its failure. */
export interface JobResult {
  readonly status: 'COMPLETED';
  readonly endpoint: string;
  readonly jobId: string;
  readonly output: JsonValue;
  readonly delayTimeMs?: number;
  readonly executionTimeMs?: number;
  readonly attempts: readonly Attempt[];
  readonly usage: Usage;
  /** Submits whose fate is not known: each may have made a job that was billed beside the one followed. */
  readonly suspectedDuplicates: number;
  /** Of a job whose stream was read. */
  readonly stream?: StreamSummary;
}

/** First detail of the `ApplicationFailure` that a failed job ends with. */
export interface JobFailureDetails extends Omit<JobResult, 'status' | 'output' | 'jobId' | 'stream'> {
  readonly status: FailureType;
  readonly jobId?: string;
  readonly error?: RemoteError;
  /** Of a `BudgetExceeded`. */
  readonly budget?: BudgetUse;
}

/** What a handler said when it failed, taken apart. */
export interface RemoteError {
  readonly message: string;
  readonly type?: string;
  readonly traceback?: string;
}

/** Input of the workflow `pipeline`. `definition` is checked by the first activity: it may be anything until then. */
export type PipelineInput = PipelineStart &
  (
    | { readonly definition: JsonObject }
    /** By the name of a definition in the folder `pipelines` of the worker. */
    | { readonly pipeline: string }
  );

/** What a run of a pipeline is given beside its definition. */
export interface PipelineStart {
  readonly input?: JsonValue;
  readonly tenant?: string;
  /** For the whole run, with its nested pipelines; field by field in the place of what the definition says. */
  readonly budget?: BudgetInput;
}

/** Which definition a run that named one was given. */
export interface DefinitionIdentity {
  readonly name: string;
  /** Of the bytes of its file, in lower-case hex. */
  readonly sha256: string;
}

/** `waiting`: for a person, at an approval. */
export type StepStatus = 'pending' | 'running' | 'waiting' | 'completed' | 'failed' | 'skipped' | 'cancelled';

export interface StepSummary {
  readonly status: StepStatus;
  /** Remote jobs submitted. */
  readonly jobs: number;
  /** What they have used; absent where there were none. */
  readonly usage?: Usage;
  readonly startedAt?: string;
  readonly endedAt?: string;
  readonly error?: { readonly type: string; readonly message: string };
}

/** Result of the workflow `pipeline`. */
export interface PipelineResult {
  readonly output: JsonValue;
  readonly steps: Readonly<Record<string, StepSummary>>;
  readonly usage: Usage;
  readonly suspectedDuplicates: number;
}

/** What a step, or an item of one, failed with. */
export interface FailureCause {
  readonly type: string;
  readonly message: string;
  /** Of a job, or of a nested pipeline, whose own step that failed is named there. */
  readonly details?: JobFailureDetails | NestedFailureDetails;
}

/** What is known of a nested pipeline that failed. Its jobs are in the usage of the one around it. */
export interface NestedFailureDetails {
  /** The run of its own that it has. */
  readonly workflowId: string;
  readonly step?: string;
  readonly index?: number;
  /** Absent where it failed before its first step. */
  readonly cause?: FailureCause;
  /** What was wrong with its input. */
  readonly problems?: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
}

/** First detail of the `StepFailed`, or `BudgetExceeded`, that a failed pipeline ends with. */
export interface StepFailedDetails {
  readonly step: string;
  readonly index?: number;
  readonly cause: FailureCause;
  readonly steps: Readonly<Record<string, StepSummary>>;
  readonly usage: Usage;
  readonly suspectedDuplicates: number;
  /** Jobs that could not be seen to end. */
  readonly unsettled: readonly JobHandle[];
  /** Of a `BudgetExceeded`. */
  readonly budget?: BudgetUse;
}

/** Jobs that were under way when nobody wanted them any more, and how many of them have been brought to an end. */
export interface SettlingProgress {
  readonly done: number;
  readonly total: number;
}

/** Answer of the query `progress`. */
export interface Progress {
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled' | 'cancelling';
  readonly steps: Readonly<
    Record<
      string,
      { readonly status: StepStatus; readonly done: number; readonly total: number; readonly failed: number }
    >
  >;
  readonly usage: Usage;
  /** Of a run with a budget. In a nested run: what that has used itself of the budget of the run around it. */
  readonly budget?: BudgetUse;
  /** Approvals that a pipeline waits for, the first 50 of them. Absent where there are none. */
  readonly approvals?: readonly WaitingApproval[];
  /**
   * Of a pipeline that was cancelled, or in which a step failed, and that had jobs under way; those of its slices and nested
   * pipelines too, as far as they have told.
   */
  readonly settling?: SettlingProgress;
}
export const PROGRESS_QUERY = 'progress';

/** Name of the signal by which the receiver of webhooks tells a run that one of its jobs has ended. */
export const JOB_ENDED_SIGNAL = 'jobrelay.jobEnded';

/** Argument of the signal {@link JOB_ENDED_SIGNAL}. Only a reason to look: what became of the job is read from its provider. */
export interface JobEndedSignal {
  /** Id of the activity that submitted the job. */
  readonly submit: string;
  /** As the provider's webhook had it. */
  readonly jobId?: string;
}

/** What became of the remote jobs of a cancelled run. */
export interface Settlement {
  readonly jobs: readonly { readonly handle: JobHandle; readonly settled: SettleOutcome }[];
  /** Jobs beyond the first 100, of which the memo keeps the count alone. */
  readonly more?: number;
  /** Submits whose fate is not known. */
  readonly suspectedDuplicates: number;
  readonly usage: Usage;
}

/** Every `type` that a failure of ours has. */
export type FailureType =
  | 'InvalidRequest'
  | 'PayloadTooLarge'
  | 'Unauthorized'
  | 'InsufficientCredit'
  | 'EndpointNotFound'
  | 'RateLimited'
  | 'Unavailable'
  | 'SubmitAmbiguous'
  | 'JobFailed'
  | 'PlatformFailed'
  | 'QueueTimeout'
  | 'RunTimeout'
  | 'TotalTimeout'
  | 'JobLost'
  | 'JobCancelled'
  | 'OutputRejected'
  | 'CaptureFailed'
  | 'DefinitionInvalid'
  | 'InputRejected'
  | 'ExpressionFailed'
  | 'ValueTooLarge'
  | 'StepFailed'
  | 'BudgetExceeded'
  | 'ApprovalExpired'
  | 'ApprovalRejected'
  | 'ApprovalRefused'
  | 'ProtocolError';
