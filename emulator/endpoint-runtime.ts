import type { EndpointHealth } from '../job-api/job.js';
import type { JsonValue } from '../job-api/json.js';
import type { Attempt, AttemptWorker } from './attempt.js';
import type { Clock } from './clock.js';
import type { EndpointDefinition } from './handler.js';
import type { Job, JobEnd } from './job.js';
import { JobCounts } from './job-counts.js';
import { RemoteWorkers } from './remote-workers.js';
import { runHandler } from './run-handler.js';
import { type UnavailableWorkers, WorkerPool, type WorkerState } from './worker-pool.js';

const DEFAULT_WORKERS = 3;
/** RunPod's; the endpoint or a job's policy overrides it. */
const DEFAULT_EXECUTION_TIMEOUT_MS = 600_000;
/** As seen on RunPod, which gave a job up 30 to 50 s after its worker was last heard of. */
const DEFAULT_LEASE_MS = 30_000;
/** How often a job that lost its worker is given to another. Seen on RunPod. */
const MAX_REDISPATCHES = 1;
const MIN_QUEUE_CAP = 50;
const QUEUE_CAP_PER_WORKER = 500;
const LOST_TOO_OFTEN: JobEnd = { status: 'FAILED', error: `job timed out after ${MAX_REDISPATCHES} retries` };

/** Every counter that RunPod reports. */
export interface FullHealth extends EndpointHealth {
  readonly jobs: Required<EndpointHealth['jobs']>;
  readonly workers: Required<EndpointHealth['workers']>;
}

interface RunningAttempt {
  readonly worker: AttemptWorker;
  readonly abort: AbortController;
  stopTimers(): void;
}

export interface EndpointRuntimeOptions {
  readonly clock: Clock;
  /** How long a worker in another process may be silent before its jobs are given to others. Default 30,000. */
  readonly workerLeaseMs?: number | undefined;
  /** Told of every job that reaches a terminal status. */
  onEnd(job: Job): void;
}

/**
 * The queue of one endpoint and the handlers that work it off, oldest job first. A job that is ended from outside frees
 * its worker at once, even if its handler ignores the signal: a platform replaces such a worker. Once a worker in another
 * process has asked for a job, the handler gets no more of them: who starts one wants it to be used, and after a restart
 * of it too.
 */
export class EndpointRuntime {
  readonly remoteWorkers: RemoteWorkers;
  readonly #clock: Clock;
  readonly #onEnd: (job: Job) => void;
  readonly #workers: WorkerPool;
  #queue = new Set<Job>();
  readonly #attempts = new Map<Job, RunningAttempt>();
  readonly #counts = new JobCounts();
  #definition: EndpointDefinition = {};
  #dispatch: NodeJS.Immediate | undefined;

  constructor({ clock, onEnd, workerLeaseMs = DEFAULT_LEASE_MS }: EndpointRuntimeOptions) {
    this.#clock = clock;
    this.#onEnd = onEnd;
    this.remoteWorkers = new RemoteWorkers({
      clock,
      leaseMs: workerLeaseMs,
      startNext: (worker) => this.#startNext(worker),
    });
    this.#workers = new WorkerPool(clock, () => this.#dispatchSoon());
  }

  /** Holds for jobs that start from now on. Without a handler there are no workers. */
  define(definition: EndpointDefinition): void {
    this.#definition = definition;
    const { handler, workers = DEFAULT_WORKERS, coldStartMs = 0 } = definition;
    this.#workers.resize(handler ? workers : 0, coldStartMs);
    this.setUnavailable({ throttled: definition.throttledWorkers ?? 0, unhealthy: definition.unhealthyWorkers ?? 0 });
  }

  /** Takes workers of the handler out of service, or puts them back. */
  setUnavailable(workers: UnavailableWorkers): void {
    this.#workers.setUnavailable(workers);
    this.#dispatchSoon();
  }

  /** Documented until 2025: more than 50 jobs wait, and more than 500 for each worker that the endpoint may have. */
  get isQueueFull(): boolean {
    const { workers = DEFAULT_WORKERS } = this.#definition;
    return this.#counts.inQueue > Math.max(MIN_QUEUE_CAP, workers * QUEUE_CAP_PER_WORKER);
  }

  accept(job: Job): void {
    this.#counts.enter('IN_QUEUE');
    this.#queue.add(job);
    this.#dispatchSoon();
  }

  /** Does nothing to a job that has ended. */
  cancel(job: Job): void {
    this.#endFromOutside(job, { status: 'CANCELLED' });
  }

  /** False where the job's status doesn't allow it. */
  retry(job: Job): boolean {
    const before = job.status;
    if (!job.requeue()) return false;
    this.#counts.leave(before);
    this.#counts.retry();
    this.accept(job);
    return true;
  }

  /**
   * The worker of a running job is gone. The job is the next to be given to another; where that one is lost as well, it
   * fails. Does nothing to a job that doesn't run.
   */
  loseWorker(job: Job): void {
    if (!job.isRunning) return;
    if (job.retries < MAX_REDISPATCHES) {
      job.redispatch();
      this.#counts.retry();
      this.#counts.move('IN_PROGRESS', 'IN_QUEUE');
      this.#queue = new Set([job, ...this.#queue]);
    } else {
      this.#end(job, LOST_TOO_OFTEN);
    }
    this.#stopAttempt(job, { resetWorker: true });
  }

  /** Cancels what is queued, and leaves what runs. */
  purge(): number {
    const queued = [...this.#queue];
    for (const job of queued) this.cancel(job);
    return queued.length;
  }

  /** Removes a job whatever its state, and stops its handler. */
  delete(job: Job): void {
    if (job.isLive) this.#counts.leave(job.status);
    job.delete();
    this.#queue.delete(job);
    this.#stopAttempt(job);
  }

  health(): FullHealth {
    const remote = this.remoteWorkers.counts();
    // The workers of a handler that gets no more jobs finish those they have, and are gone.
    const pool = (state: WorkerState) => (this.remoteWorkers.haveAsked ? 0 : this.#workers.count(state));
    const ready = pool('idle') + remote.idle;
    return {
      jobs: this.#counts.health(),
      workers: {
        idle: ready + pool('cold'),
        initializing: pool('starting'),
        ready,
        running: this.#workers.count('running') + remote.running,
        throttled: pool('throttled'),
        unhealthy: pool('unhealthy'),
      },
    };
  }

  /** Stops every handler and timer. Jobs stay as they are. */
  close(): void {
    clearImmediate(this.#dispatch);
    this.#workers.close();
    this.remoteWorkers.close();
    this.#queue.clear();
    for (const job of this.#attempts.keys()) this.#stopAttempt(job);
  }

  /** Not at once: the answer to a submit has to leave before a handler that computes holds up the process. */
  #dispatchSoon(): void {
    if (this.#queue.size === 0 || this.#dispatch) return;
    this.#dispatch = setImmediate(() => {
      this.#dispatch = undefined;
      this.#dispatchNow();
    });
  }

  #dispatchNow(): void {
    if (this.remoteWorkers.haveAsked) {
      this.remoteWorkers.dispatch();
      return;
    }
    const { handler, aggregateStream = true } = this.#definition;
    if (!handler) return;
    for (const job of this.#queue) {
      const worker = this.#workers.take();
      if (!worker) break;
      const attempt = this.#startOn(worker, job);
      if (attempt) void runHandler(attempt, { handler, aggregateStream });
    }
    this.#workers.warmUp(this.#queue.size);
  }

  #startNext(worker: AttemptWorker): Attempt | undefined {
    for (const job of this.#queue) {
      const attempt = this.#startOn(worker, job);
      if (attempt) return attempt;
    }
    return undefined;
  }

  #startOn(worker: AttemptWorker, job: Job): Attempt | undefined {
    this.#queue.delete(job);
    if (!isEmptyObject(job.request.input)) return this.#start(job, worker);
    worker.release(job, { reset: false });
    this.#refuseEmptyInput(job);
    return undefined;
  }

  #start(job: Job, worker: AttemptWorker): Attempt {
    const { executionTimeoutMs = DEFAULT_EXECUTION_TIMEOUT_MS } = this.#definition;
    job.start(worker.id);
    this.#counts.move('IN_QUEUE', 'IN_PROGRESS');

    const abort = new AbortController();
    const cancelTimeout = this.#clock.after(job.request.executionTimeoutMs ?? executionTimeoutMs, () =>
      this.#endFromOutside(job, { status: 'FAILED', error: 'executionTimeout exceeded' }),
    );
    const cancelLoss = this.#loseWorkerAsAsked(job);
    const stopTimers = () => {
      cancelTimeout();
      cancelLoss();
    };
    const running: RunningAttempt = { worker, abort, stopTimers };
    this.#attempts.set(job, running);

    const isCurrent = () => this.#attempts.get(job) === running;
    return {
      job,
      workerId: worker.id,
      signal: abort.signal,
      report: (progress) => {
        if (isCurrent()) job.report(progress);
      },
      pushChunk: (chunk) => {
        if (isCurrent()) job.pushChunk(chunk);
      },
      finish: ({ end, refreshWorker }) => {
        if (!isCurrent()) return;
        this.#finishAttempt(job, running, { resetWorker: refreshWorker });
        this.#end(job, end);
      },
      lose: () => {
        if (isCurrent()) this.loseWorker(job);
      },
    };
  }

  /** By a fault. The function it returns takes it back. */
  #loseWorkerAsAsked(job: Job): () => void {
    const { workerLosses, loseWorkerAfterMs } = job.faults;
    if (workerLosses === 0) return () => undefined;
    job.faults = { ...job.faults, workerLosses: workerLosses - 1 };
    const lose = () => this.loseWorker(job);
    if (loseWorkerAfterMs > 0) return this.#clock.after(loseWorkerAfterMs, lose);
    // Not a timer of the clock, which may stand still.
    const soon = setImmediate(lose);
    return () => clearImmediate(soon);
  }

  /**
   * RunPod delivers `{}` as no input at all; its worker logs that and answers nothing, and the platform gives up after
   * a re-dispatch. There that takes a minute or more, here no time.
   */
  #refuseEmptyInput(job: Job): void {
    job.retries = MAX_REDISPATCHES;
    this.#counts.retry();
    this.#end(job, LOST_TOO_OFTEN);
  }

  #endFromOutside(job: Job, end: JobEnd): void {
    this.#queue.delete(job);
    this.#end(job, end);
    this.#stopAttempt(job);
  }

  #end(job: Job, end: JobEnd): void {
    const before = job.status;
    if (!job.end(end.status === 'COMPLETED' && job.faults.losesOutput ? { status: 'COMPLETED' } : end)) return;
    this.#counts.move(before, end.status);
    this.#onEnd(job);
  }

  #stopAttempt(job: Job, { resetWorker } = { resetWorker: false }): void {
    const attempt = this.#attempts.get(job);
    if (!attempt) return;
    this.#finishAttempt(job, attempt, { resetWorker });
    attempt.abort.abort(new Error(`job ${job.id} was stopped`));
  }

  #finishAttempt(job: Job, attempt: RunningAttempt, { resetWorker }: { resetWorker: boolean }): void {
    this.#attempts.delete(job);
    attempt.stopTimers();
    attempt.worker.release(job, { reset: resetWorker });
    this.#dispatchSoon();
  }
}

function isEmptyObject(value: JsonValue): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0;
}
