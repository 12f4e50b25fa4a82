/**
 * What each activity takes and returns: one object in, one object out, new fields optional for ever, since open
 * histories hold them. Types only, so that workflow code may import it.
 */
import type { StreamLog } from '../artifacts/stream-log.js';
import type { EndpointHealth, JobHandle, RemoteJob } from '../job-api/job.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { RemoteError, SettleOutcome, StepStatus, StreamHeartbeat, StreamSummary } from '../workflows/contract.js';
import type {
  Intake,
  JobPlan,
  JobSettings,
  NestedSettings,
  PipelinePlan,
  Target,
  Template,
} from '../workflows/plan.js';
import type { DoneRun, ReapedJob, ReapOutcome, RunReference, RunToReap } from '../workflows/reap-contract.js';

export interface SubmitJobRequest {
  readonly target: Target;
  /** May hold artifact references and `$secret` leaves: both are resolved just before the POST. */
  readonly input: JsonValue;
  readonly executionTimeoutMs: number;
  readonly ttlMs: number;
  readonly lowPriority?: boolean;
  readonly s3Config?: JsonObject;
  readonly webhook?: string;
  /**
   * Give up with `Unavailable` or `RateLimited` when the provider took no submit for so long, counted from the activity's
   * scheduling. Absent: try for ever; set where another endpoint can take the job.
   */
  readonly patienceMs?: number;
  /** An endpoint that was not tried can take the job, so that one whose circuit is open is not waited for. */
  readonly elsewhere?: boolean;
}

export interface SubmitJobResult {
  readonly handle: JobHandle;
}

/** Details of the acknowledged heartbeats of `submitJob`: how far a submit got, whatever happens to the worker. */
export type SubmitPhase =
  | { readonly phase: 'sending' }
  /** `circuit`: by ourselves, since the endpoint is left alone for a while. */
  | { readonly phase: 'refused'; readonly circuit?: 'open' }
  | { readonly phase: 'accepted'; readonly handle: JobHandle };

export interface AwaitJobRequest {
  readonly handle: JobHandle;
  /** As the author wrote it: what the price goes by. */
  readonly endpoint: string;
  /** From `handle.submittedAt` until a worker takes the job. */
  readonly queueMs: number;
  readonly runMs: number;
  readonly outputSchema?: JsonObject;
  /** An output whose JSON is longer becomes an artifact. */
  readonly inlineMaxBytes: number;
  /** Of a job that was submitted with a webhook: it is read when that comes, and seldom before. */
  readonly webhook?: {
    /** Id of the activity that submitted it. */
    readonly submit: string;
    /** It came already. */
    readonly arrived?: boolean;
  };
}

/** Heartbeat details of `awaitJob`: what a later attempt must not forget, and what a person sees in the UI. */
export interface AwaitState {
  readonly status?: RemoteJob['status'];
  /** When the job was first seen running, ISO 8601: the run limit counts from here. */
  readonly runningSince?: string;
  /** The handler's last progress report, cut to 512 bytes of JSON. */
  readonly progress?: JsonValue;
  /** Answers in a row that could not be read. */
  readonly unreadable?: number;
  /** When the provider last said that the job had not ended, ISO 8601: its result stays from then on, at least. */
  readonly aliveAt?: string;
}

/** A completed job. Any other end is thrown as an ApplicationFailure whose first detail is a {@link JobEndDetails}. */
export interface CompletedJob {
  readonly output: JsonValue;
  readonly delayTimeMs?: number;
  readonly executionTimeMs?: number;
  readonly workerId?: string;
  readonly retries?: number;
  readonly estimatedCostUsd?: number;
  /** See {@link JobEndDetails}. */
  readonly unreadMs?: number;
  /** Of a job whose stream was read. `log`: where it is kept for readers. */
  readonly stream?: StreamSummary & { readonly log?: StreamLog };
}

/** What is known of a job that did not complete. */
export interface JobEndDetails {
  readonly jobId: string;
  /** Whether the remote job is known to have ended. If not, the workflow settles it. */
  readonly ended: boolean;
  readonly delayTimeMs?: number;
  readonly executionTimeMs?: number;
  readonly workerId?: string;
  readonly retries?: number;
  readonly estimatedCostUsd?: number;
  readonly error?: RemoteError;
  /** Where the stream is kept for readers. */
  readonly log?: StreamLog;
  /** For how long nobody had read the job when its end was seen, where that came near to losing its result. */
  readonly unreadMs?: number;
  /** Of a lost job: it may have ended, and its result disappeared before it was read. Absent: the platform lost it. */
  readonly expired?: true;
}

export interface CancelJobRequest
  extends Pick<AwaitJobRequest, 'handle' | 'endpoint' | 'outputSchema' | 'inlineMaxBytes'> {
  /** Time to see the job end, from the scheduling of this activity. */
  readonly budgetMs: number;
  /** Id of the activity that reads the job's stream for readers, to be asked how far it got. */
  readonly streamedBy?: string;
  /** What made it unwanted, for the log: `cancelled`, `superseded`, or the type of the failure that ended it for its run. */
  readonly why?: string;
}

export interface CancelJobResult {
  readonly outcome: SettleOutcome;
  /** Where the stream is kept for readers, as far as it was read. */
  readonly log?: StreamLog;
  /** The result, where the job had completed before the cancel arrived. */
  readonly completed?: CompletedJob;
  readonly delayTimeMs?: number;
  readonly executionTimeMs?: number;
  readonly estimatedCostUsd?: number;
  readonly retries?: number;
}

export interface JobReference {
  readonly handle: Pick<JobHandle, 'provider' | 'endpointId' | 'jobId'>;
}

export interface RunJobSyncRequest extends SubmitJobRequest {
  /** How long the provider may hold the request, 1,000 to 300,000 ms; 90,000 where absent. */
  readonly waitMs?: number;
  readonly inlineMaxBytes: number;
}

export interface RunJobSyncResult {
  readonly job: RemoteJob;
}

export interface StreamJobRequest extends AwaitJobRequest {
  readonly stream: 'collect' | 'events';
  /** What earlier attempts at the same job left, to be gone on with; absent for the first, and where nobody reads. */
  readonly log?: StreamLog;
}

/** Heartbeat details of `streamJob`: how far the stream was read, whatever becomes of the worker. */
export interface StreamState extends AwaitState, StreamHeartbeat {
  readonly account: StreamAccount;
  /** A read is under way: what it takes is lost where this is the last that was heard. */
  readonly reading?: true;
}

/** What is known of the chunks of one run of a handler. */
export interface StreamAccount {
  /** Chunks kept. */
  readonly chunks: number;
  /** Offset in the log where they begin. */
  readonly since: number;
  /** An answer got lost that may have held chunks, and nothing has come yet that would tell. */
  readonly doubt?: true;
  /** Such answers of which nothing has told. */
  readonly doubts?: number;
  /** Chunks that certainly were lost. */
  readonly lost?: number;
  /** The provider's own number of the last chunk, where it numbers them. */
  readonly lastIndex?: number;
  /** Re-dispatches by the platform, as last read. */
  readonly retries?: number;
}

export interface EndpointReference {
  readonly provider: string;
  readonly endpointId: string;
}

/** Anything at all: `intake` is where an input is checked. */
export type IntakeRequest =
  | { readonly kind: 'job'; readonly input: unknown }
  | { readonly kind: 'pipeline'; readonly input: unknown }
  /** Of a pipeline that was checked with the one around it; only its input is new. In stored form. */
  | {
      readonly kind: 'nested';
      readonly settings: NestedSettings;
      readonly input: JsonValue;
      readonly tenant?: string;
    };

/** What an expression sees as `$steps.<name>`. */
export interface StepView {
  readonly status: StepStatus;
  readonly output: JsonValue;
  readonly error?: { readonly type: string; readonly message: string };
  /** Of a `forEach`: a list of what each failed item failed with, `null` for the others; or a reference to it. */
  readonly errors?: JsonValue;
}

/** One step to prepare, or the pipeline's output. */
export interface EvaluateTask {
  /** The step's name, or `output`: what an error names. */
  readonly name: string;
  /** An `input` refuses an expression that yields nothing; a `value` takes it as null. */
  readonly kind: 'input' | 'value';
  readonly when?: Template;
  readonly forEach?: Template;
  readonly body: Template;
  /** Where the body stands in its step, for messages; absent: `input` or `set`. */
  readonly place?: readonly string[];
  /** Items that the `forEach` may yield, where that is less than usual. */
  readonly maxItems?: number;
  /** Items that the history of the run still takes; more are handed to slices. Absent: as many as one history holds. */
  readonly itemsHere?: number;
  /** What the step failed with: `$error`, for its other output. */
  readonly error?: { readonly type: string; readonly message: string };
  /** Of an `input`: lets `{}` through. */
  readonly allowEmptyInput?: boolean;
  /** Of an `input`: what its jobs are run with. Stored for the slices of a `forEach` over many items. */
  readonly job?: JobSettings;
  /** The same of an `input` for nested pipelines. */
  readonly nested?: NestedSettings;
  readonly inlineMaxBytes: number;
}

export type EvaluateOutcome =
  | { readonly kind: 'skipped' }
  | { readonly kind: 'one'; readonly value: JsonValue }
  /** One value for each item of the `forEach`. */
  | { readonly kind: 'each'; readonly values: readonly JsonValue[] }
  /** More items than one history should hold: stored, to be worked off in slices. */
  | { readonly kind: 'many'; readonly work: JsonValue; readonly slices: readonly SliceItems[] }
  | { readonly kind: 'failed'; readonly type: 'ExpressionFailed' | 'ValueTooLarge'; readonly message: string };

/** The items of one slice, as a reference to their list. */
export interface SliceItems {
  readonly items: JsonValue;
  readonly count: number;
}

export interface OpenSliceRequest {
  /** As `evaluate` returned it. */
  readonly work: JsonValue;
  readonly items: JsonValue;
  /** The `$index` of the first item. */
  readonly from: number;
}

export type OpenSliceResult =
  | ({ readonly kind: 'opened'; readonly inputs: readonly JsonValue[] } & SliceItemsRun)
  | { readonly kind: 'failed'; readonly type: 'ExpressionFailed' | 'ValueTooLarge'; readonly message: string };

/** What is run for each item: a job, or a pipeline with the `$run` that it sees. */
export type SliceItemsRun =
  | { readonly job: JobSettings; readonly nested?: never }
  | { readonly job?: never; readonly nested: NestedSettings; readonly run: EvaluateRequest['run'] };

/** Outputs of items in their order, `null` for a failed one, and what each failed with. */
export interface ItemResults {
  readonly outputs: readonly JsonValue[];
  readonly errors: readonly (null | { readonly type: string; readonly message: string })[];
}

export interface GatherRequest {
  /** What {@link Activities.storeResults} returned for each slice, in their order. */
  readonly parts: readonly JsonValue[];
}

/** References to the lists. */
export interface GatherResult {
  readonly output: JsonValue;
  /** Absent where no item failed. */
  readonly errors?: JsonValue;
}

export interface EvaluateRequest {
  readonly tasks: readonly EvaluateTask[];
  /** `null` where no task names `$input`. */
  readonly input: JsonValue;
  readonly steps: Readonly<Record<string, StepView>>;
  readonly run: {
    readonly workflowId: string;
    readonly runId: string;
    readonly startedAt: string;
    /** Of a run that a schedule started: the time it was scheduled for. */
    readonly scheduledAt?: string;
  };
}

export interface EvaluateResult {
  /** One outcome for each task, in their order: a bad expression fails its step, not its neighbours. */
  readonly outcomes: readonly EvaluateOutcome[];
}

export interface FindUnsettledRequest {
  readonly taskQueue: string;
  /** Runs that closed from then on, ISO 8601; 7 days ago where absent. */
  readonly from?: string;
  /** Those listed before. */
  readonly done: readonly DoneRun[];
  readonly maxRuns: number;
  /** Lists the open ones too that have left a job. */
  readonly includeOpen: boolean;
}

export interface FindUnsettledResult {
  /** The oldest, at most `maxRuns`, unless more closed in one millisecond; then those that are open. */
  readonly runs: readonly RunToReap[];
  /** Every run that closed before is listed, here or in `done`; ISO 8601. */
  readonly through: string;
  readonly more: boolean;
}

export interface SettleRunRequest extends RunReference {
  /** Reads its jobs, and cancels none. */
  readonly dryRun?: boolean;
}

export interface SettleRunResult {
  /** Jobs whose end the run had not seen, by what became of them. */
  readonly outcomes: Readonly<Partial<Record<ReapOutcome, number>>>;
  /** The first 100 of them, without those that had ended by themselves. */
  readonly jobs: readonly ReapedJob[];
  readonly suspectedDuplicates: number;
  /** Where a job may still run: when its provider has deleted it in any case, ISO 8601. */
  readonly unconfirmedUntil?: string;
  /** Why its history could not be read. */
  readonly unreadable?: string;
}

/** Every activity, by its type. */
export interface Activities {
  intake(request: Extract<IntakeRequest, { kind: 'job' }>): Promise<Intake<JobPlan>>;
  intake(request: Extract<IntakeRequest, { kind: 'pipeline' | 'nested' }>): Promise<Intake<PipelinePlan>>;
  evaluate(request: EvaluateRequest): Promise<EvaluateResult>;
  openSlice(request: OpenSliceRequest): Promise<OpenSliceResult>;
  storeResults(request: ItemResults): Promise<{ readonly part: JsonValue }>;
  gather(request: GatherRequest): Promise<GatherResult>;
  submitJob(request: SubmitJobRequest): Promise<SubmitJobResult>;
  awaitJob(request: AwaitJobRequest): Promise<CompletedJob>;
  cancelJob(request: CancelJobRequest): Promise<CancelJobResult>;
  runJobSync(request: RunJobSyncRequest): Promise<RunJobSyncResult>;
  getJobStatus(request: JobReference): Promise<{ readonly job: RemoteJob }>;
  streamJob(request: StreamJobRequest): Promise<CompletedJob>;
  retryJob(request: JobReference): Promise<{ readonly job: RemoteJob }>;
  purgeQueue(request: EndpointReference): Promise<{ readonly removed: number }>;
  getEndpointHealth(request: EndpointReference): Promise<EndpointHealth>;
  findUnsettled(request: FindUnsettledRequest): Promise<FindUnsettledResult>;
  settleRun(request: SettleRunRequest): Promise<SettleRunResult>;
}
