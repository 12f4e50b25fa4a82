import type { JsonValue } from './json.js';

/**
 * Where a job stands, in one spelling for all dialects. `UNKNOWN` is a status the provider made up since: keep polling,
 * under a deadline. (`RUNNING` on the wire is read as `IN_PROGRESS`.)
 */
export type JobStatus = 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT' | 'UNKNOWN';

const TERMINAL: ReadonlySet<JobStatus> = new Set(['COMPLETED', 'FAILED', 'CANCELLED', 'TIMED_OUT']);

/** True for a status that a job never leaves by itself. */
export function isTerminal(status: JobStatus): boolean {
  return TERMINAL.has(status);
}

/** A job at a provider, enough to follow it to its end. Holds no secret: safe in histories and logs. */
export interface JobHandle {
  readonly provider: string;
  /** The provider's own id of the endpoint (for a gateway: `surface` or `surface/endpointId`). */
  readonly endpointId: string;
  readonly jobId: string;
  /** When the provider accepted it, ISO 8601. */
  readonly submittedAt: string;
  /** The provider deletes the job, whatever its state, this long after it was accepted. */
  readonly ttlMs: number;
  /** How long after its end the provider keeps its result. Absent of jobs that were submitted before that was recorded. */
  readonly retentionMs?: number;
  /** The key in its input, by which its handler knows the submit; absent where its endpoint has none. */
  readonly correlationKey?: string;
}

/** What a provider tells of a job: the answer of `run`, `runsync`, `status`, `status-sync`, `cancel` and `retry`. */
export interface RemoteJob {
  readonly jobId: string;
  /**
   * Of a submit: the endpoint that took the job, where the provider chose it. What is asked of the job from then on names
   * this one.
   */
  readonly endpointId?: string;
  readonly status: JobStatus;
  /** The status as it came, where it is not one of the known ones. */
  readonly rawStatus?: string;
  /** The result when COMPLETED; while IN_PROGRESS it is the handler's progress report, never a result. */
  readonly output?: JsonValue;
  /** As it came: text, or the JSON text that RunPod's worker makes of an exception. */
  readonly error?: JsonValue;
  /** Time in the queue. A re-dispatch by the platform starts it anew. */
  readonly delayTimeMs?: number;
  readonly executionTimeMs?: number;
  readonly workerId?: string;
  /** How often the platform re-dispatched the job to another worker. */
  readonly retries?: number;
}

/** A job as a client returns it: with the three answers that RunPod's own SDK gives, in its words. */
export interface ReportedJob extends RemoteJob {
  /** It has left the queue. */
  readonly started: boolean;
  /** It has ended, in whatever way. */
  readonly completed: boolean;
  /** It has ended with a result. */
  readonly succeeded: boolean;
}

/** What is sent with a new job. */
export interface SubmitRequest {
  readonly input: JsonValue;
  readonly policy?: {
    /** Active run time after which the provider ends the job. RunPod accepts 5 s to 7 days. */
    readonly executionTimeoutMs?: number;
    /** Whole life of the job from the submit, after which the provider deletes it. RunPod accepts 10 s to 7 days. */
    readonly ttlMs?: number;
    /** A job that does not make the endpoint scale up. */
    readonly lowPriority?: boolean;
  };
  /** A public URL that the provider POSTs the finished job to. */
  readonly webhook?: string;
  /** Storage credentials that the provider hands to the worker. Secret. */
  readonly s3Config?: JsonValue;
  /** For gateways that choose the endpoint by model. */
  readonly model?: string;
}

/** One yield of a generator, whole: providers put more beside the output, as vLLM's `metrics`. */
export interface StreamChunk {
  readonly output: JsonValue;
  readonly metrics?: JsonValue;
  readonly [field: string]: JsonValue | undefined;
}

/** One read of a job's stream. Reads are destructive: a chunk is delivered once. */
export interface StreamRead {
  /** Absent where the dialect answers with a bare array. */
  readonly status?: JobStatus;
  readonly chunks: readonly StreamChunk[];
}

/** Counters of an endpoint; a provider that does not count something leaves it out. */
export interface EndpointHealth {
  readonly jobs: Readonly<Partial<Record<'completed' | 'failed' | 'inProgress' | 'inQueue' | 'retried', number>>>;
  readonly workers: Readonly<
    Partial<Record<'idle' | 'initializing' | 'ready' | 'running' | 'throttled' | 'unhealthy', number>>
  >;
}
