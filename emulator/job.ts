import type { JobStatus } from '../job-api/job.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { Clock } from './clock.js';
import { Condition } from './condition.js';
import { NO_JOB_FAULTS } from './job-faults.js';

/** The statuses that RunPod puts on the wire. */
export type WireStatus = Exclude<JobStatus, 'UNKNOWN'>;

/** A job as it was submitted. */
export interface JobRequest {
  readonly input: JsonValue;
  readonly webhook?: string;
  /** Where a worker is to put files, with the keys to it: for workers in other processes alone, and never shown. */
  readonly s3Config?: JsonObject;
  /** Overrides the endpoint's execution timeout. */
  readonly executionTimeoutMs?: number;
  /** Whole life of the job from its acceptance. */
  readonly ttlMs: number;
  /** How long the ended job can be read. */
  readonly retentionMs: number;
}

/** How a run of a job ended. */
export type JobEnd =
  | { readonly status: 'COMPLETED'; readonly output?: JsonValue }
  | { readonly status: 'FAILED'; readonly error: string; readonly output?: JsonValue }
  | { readonly status: 'CANCELLED' };

/** The end that a worker's `{ output?, error? }` stands for: an error that says anything fails the job. */
export function jobEnd({
  output,
  error,
}: Readonly<Partial<Record<'output' | 'error', JsonValue | undefined>>>): JobEnd {
  const withOutput = output === undefined ? {} : { output };
  if (!error) return { status: 'COMPLETED', ...withOutput };
  return { status: 'FAILED', error: typeof error === 'string' ? error : JSON.stringify(error), ...withOutput };
}

/**
 * One job: its state, the transitions that are legal, and a wake-up for whoever waits for it. A transition that is not
 * legal does nothing and says so by `false`, since a cancel, a time limit and a result may all arrive at once.
 */
export class Job {
  readonly id: string;
  readonly endpointId: string;
  readonly request: JobRequest;
  readonly acceptedAt: number;
  status: WireStatus = 'IN_QUEUE';
  /** Removed while it was alive or after its retention: the API knows it no more, the ledger does. */
  deleted = false;
  /** How often it was given to a handler. */
  attempt = 0;
  /** Re-dispatches by the platform; a retry that a client asks for is none. */
  retries = 0;
  startedAt: number | undefined;
  endedAt: number | undefined;
  workerId: string | undefined;
  delayTimeMs: number | undefined;
  executionTimeMs: number | undefined;
  /** The result; while IN_PROGRESS the handler's last progress report. */
  output: JsonValue | undefined;
  error: string | undefined;
  /** What is to go wrong with it, on purpose. */
  faults = NO_JOB_FAULTS;

  readonly #clock: Clock;
  readonly #condition: Condition;
  #queuedAt: number;
  #billedMs = 0;
  #chunks: JsonValue[] = [];
  #chunksRead = 0;

  constructor(identity: { id: string; endpointId: string }, request: JobRequest, clock: Clock) {
    this.id = identity.id;
    this.endpointId = identity.endpointId;
    this.request = request;
    this.#clock = clock;
    this.#condition = new Condition(clock);
    this.acceptedAt = clock.now();
    this.#queuedAt = this.acceptedAt;
  }

  get isLive(): boolean {
    return !this.deleted && (this.status === 'IN_QUEUE' || this.status === 'IN_PROGRESS');
  }

  get isRunning(): boolean {
    return !this.deleted && this.status === 'IN_PROGRESS';
  }

  /** Running time of all attempts, up to now. */
  get billedMs(): number {
    return this.#billedMs + (this.isRunning && this.startedAt !== undefined ? this.#clock.now() - this.startedAt : 0);
  }

  get hasChunks(): boolean {
    return this.#chunks.length > 0;
  }

  start(workerId: string): void {
    this.status = 'IN_PROGRESS';
    this.workerId = workerId;
    this.attempt += 1;
    this.startedAt = this.#clock.now();
    this.delayTimeMs = this.startedAt - this.#queuedAt;
    this.#condition.changed();
  }

  report(update: JsonValue): void {
    if (!this.isRunning) return;
    this.output = update;
    this.#condition.changed();
  }

  pushChunk(chunk: JsonValue): void {
    if (!this.isRunning) return;
    this.#chunks.push(chunk);
    this.#condition.changed();
  }

  /** How many chunks were read so far. */
  get chunksRead(): number {
    return this.#chunksRead;
  }

  /** Chunks since the last read. Destructive: a chunk is read once, by whoever comes first. */
  drainChunks(): readonly JsonValue[] {
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#chunksRead += chunks.length;
    return chunks;
  }

  end(end: JobEnd): boolean {
    if (!this.isLive) return false;
    this.#stopBilling();
    this.status = end.status;
    this.output = end.status === 'CANCELLED' ? undefined : end.output;
    this.error = end.status === 'FAILED' ? end.error : undefined;
    this.#condition.changed();
    return true;
  }

  /** Back to the queue under the same id and input; what the failed run left is forgotten. */
  requeue(): boolean {
    if (this.deleted || (this.status !== 'FAILED' && this.status !== 'TIMED_OUT')) return false;
    this.status = 'IN_QUEUE';
    this.#queuedAt = this.#clock.now();
    this.#chunks = [];
    this.#chunksRead = 0;
    this.retries = 0;
    this.endedAt = undefined;
    this.output = undefined;
    this.error = undefined;
    this.workerId = undefined;
    this.delayTimeMs = undefined;
    this.executionTimeMs = undefined;
    this.#condition.changed();
    return true;
  }

  /**
   * Back to the queue, for its worker is gone. `delayTime` counts anew, as RunPod does, and chunks that nobody read are
   * forgotten: the next attempt yields them again.
   */
  redispatch(): void {
    this.#stopBilling();
    this.status = 'IN_QUEUE';
    this.#queuedAt = this.#clock.now();
    this.#chunks = [];
    this.retries += 1;
    this.endedAt = undefined;
    this.output = undefined;
    this.workerId = undefined;
    this.delayTimeMs = undefined;
    this.executionTimeMs = undefined;
    this.#condition.changed();
  }

  delete(): void {
    if (this.isLive) this.#stopBilling();
    this.deleted = true;
    this.output = undefined;
    this.#chunks = [];
    this.#condition.changed();
  }

  /** Waits for `ready`, but no longer than `waitMs` and not past the signal. */
  until(ready: () => boolean, waitMs: number, signal: AbortSignal): Promise<void> {
    return this.#condition.until(ready, waitMs, signal);
  }

  #stopBilling(): void {
    this.endedAt = this.#clock.now();
    if (this.status !== 'IN_PROGRESS' || this.startedAt === undefined) return;
    this.executionTimeMs = this.endedAt - this.startedAt;
    this.#billedMs += this.executionTimeMs;
  }
}
