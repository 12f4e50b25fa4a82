/** What is asked of one remote job, from its submit to its end. Types only, as `contract.ts`. */
import type { StreamLog } from '../artifacts/stream-log.js';
import type { JobHandle, RemoteJob } from '../job-api/job.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { RemoteError, SettleOutcome, StreamSummary } from '../workflows/contract.js';
import type { Target } from '../workflows/plan.js';

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
  /** The key of the submit in whose place this one is. Where its alias has keys in inputs, it goes by that one. */
  readonly correlationKey?: string;
  /**
   * Where the jobs of the endpoint usually end a moment after their submit, the result is wanted with the handle. For a job
   * without a webhook, a stream or a schema of its output. `inlineMaxBytes`: as of {@link AwaitJobRequest}.
   */
  readonly stay?: { readonly inlineMaxBytes: number };
}

export interface SubmitJobResult {
  readonly handle: JobHandle;
  /** The job has ended already, and this is its result. Absent: it is to be awaited. */
  readonly completed?: CompletedJob;
}

/** Details of the acknowledged heartbeats of `submitJob`: how far a submit got, whatever happens to the worker. */
export type SubmitPhase =
  /** `correlationKey`: by which the handler of the job, if there is one, knows the submit. */
  | { readonly phase: 'sending'; readonly correlationKey?: string }
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
