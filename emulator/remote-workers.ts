import type { Socket } from 'node:net';
import type { Attempt, AttemptEnd, AttemptWorker } from './attempt.js';
import type { Clock } from './clock.js';
import { RemoteWorker } from './remote-worker.js';

/** How long a worker waits for a job before it is answered that there is none. Not long, for it ends only after that. */
const TAKE_HOLD_MS = 5_000;

export interface RemoteWorkersOptions {
  readonly clock: Clock;
  /** How long a job is left to a worker that says nothing of it. */
  readonly leaseMs: number;
  /** Starts the oldest queued job on the worker, where there is one. */
  startNext(worker: AttemptWorker): Attempt | undefined;
}

/** A long poll: who asks, and on which connection. */
export interface Poll {
  readonly workerId: string;
  readonly socket: Socket;
  /** Aborts when the worker has left. */
  readonly signal: AbortSignal;
}

interface WaitingTake {
  readonly worker: RemoteWorker;
  readonly max: number;
  settle(attempts: readonly Attempt[]): void;
}

/** The workers of an endpoint that are processes of their own and ask for their jobs. Who waits longest is served first. */
export class RemoteWorkers {
  readonly #options: RemoteWorkersOptions;
  readonly #workers = new Map<string, RemoteWorker>();
  readonly #takes = new Set<WaitingTake>();
  #haveAsked = false;

  constructor(options: RemoteWorkersOptions) {
    this.#options = options;
  }

  /** True from the first time that a worker asked for a job. */
  get haveAsked(): boolean {
    return this.#haveAsked;
  }

  /** Up to `max` jobs for the worker; none where nothing came for a while. */
  take({ workerId, socket, signal }: Poll, max: number): Promise<readonly Attempt[]> {
    this.#haveAsked = true;
    const worker = this.#worker(workerId);
    return worker.poll(socket, async () => {
      const attempts = this.#fill(worker, max);
      return attempts.length > 0 ? attempts : this.#wait(worker, max, signal);
    });
  }

  /** Jobs that the worker is to stop; none where nothing came for a while. */
  stopSignals({ workerId, socket, signal }: Poll): Promise<readonly string[]> {
    const worker = this.#worker(workerId);
    return worker.poll(socket, () => worker.stopSignals(signal));
  }

  ping(workerId: string, jobIds: readonly string[]): void {
    this.#workers.get(workerId)?.ping(jobIds);
  }

  /** Where a report of the worker on the job belongs; undefined where that job is not the worker's any more. */
  attemptOf(workerId: string, jobId: string): Attempt | undefined {
    return this.#workers.get(workerId)?.attemptOf(jobId);
  }

  /** The worker finished the job. Where it is to be replaced, its polls end, so that its process can. */
  finish(workerId: string, jobId: string, end: AttemptEnd): void {
    const worker = this.#workers.get(workerId);
    const attempt = worker?.attemptOf(jobId);
    if (!worker || !attempt) return;
    if (end.refreshWorker) {
      worker.retire();
      for (const take of [...this.#takes]) if (take.worker === worker) take.settle([]);
    }
    attempt.finish(end);
  }

  /** Gives queued jobs to those who wait. */
  dispatch(): void {
    for (const take of [...this.#takes]) {
      const attempts = this.#fill(take.worker, take.max);
      if (attempts.length > 0) take.settle(attempts);
    }
  }

  counts(): { readonly running: number; readonly idle: number } {
    const present = [...this.#workers.values()].filter(({ isPresent }) => isPresent);
    const running = present.filter(({ isBusy }) => isBusy).length;
    return { running, idle: present.length - running };
  }

  /** Ends every poll. */
  close(): void {
    for (const take of this.#takes) take.settle([]);
  }

  #worker(id: string): RemoteWorker {
    const known = this.#workers.get(id);
    // Who asks again after it was to end is a new process, or as good as one.
    if (known && (!known.isRetired || known.isBusy)) return known;
    for (const [otherId, { isPresent }] of this.#workers) if (!isPresent) this.#workers.delete(otherId);
    const worker = new RemoteWorker(id, this.#options);
    this.#workers.set(id, worker);
    return worker;
  }

  #fill(worker: RemoteWorker, max: number): readonly Attempt[] {
    const attempts: Attempt[] = [];
    while (attempts.length < max && !worker.isRetired) {
      const attempt = this.#options.startNext(worker);
      if (!attempt) break;
      worker.hold(attempt);
      attempts.push(attempt);
    }
    return attempts;
  }

  #wait(worker: RemoteWorker, max: number, signal: AbortSignal): Promise<readonly Attempt[]> {
    return new Promise((resolve) => {
      const take: WaitingTake = {
        worker,
        max,
        settle: (attempts) => {
          cancelTimer();
          signal.removeEventListener('abort', leave);
          this.#takes.delete(take);
          resolve(attempts);
        },
      };
      const leave = () => take.settle([]);
      const cancelTimer = this.#options.clock.after(TAKE_HOLD_MS, leave);
      this.#takes.add(take);
      if (signal.aborted) leave();
      else signal.addEventListener('abort', leave, { once: true });
    });
  }
}
