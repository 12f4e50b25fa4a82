import type { JsonValue } from '../job-api/json.js';
import type { Job, JobEnd } from './job.js';

/** Who carries attempts out: a worker of the endpoint's pool, or one in another process. */
export interface AttemptWorker {
  readonly id: string;
  /** Called once an attempt of `job` is over. `reset`: the worker is to be replaced, and has to start again. */
  release(job: Job, options: { readonly reset: boolean }): void;
}

/** How a worker finished a job, and whether it asked for a fresh worker (`refresh_worker`). */
export interface AttemptEnd {
  readonly end: JobEnd;
  readonly refreshWorker: boolean;
}

/**
 * One run of a job on a worker. Once it is over, whatever the worker still says is dropped: the job has ended, or is in
 * its next attempt by then.
 */
export interface Attempt {
  readonly job: Job;
  readonly workerId: string;
  /** Aborts where the attempt is over without the worker's doing: a cancel, a deletion, a time limit, a loss. */
  readonly signal: AbortSignal;
  report(progress: JsonValue): void;
  pushChunk(chunk: JsonValue): void;
  finish(end: AttemptEnd): void;
  /** The worker is gone: the platform gives the job to another, once. */
  lose(): void;
}
