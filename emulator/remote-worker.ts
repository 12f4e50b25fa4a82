import type { Socket } from 'node:net';
import type { Attempt, AttemptWorker } from './attempt.js';
import type { Clock } from './clock.js';
import { Condition } from './condition.js';
import type { Job } from './job.js';
import { PollConnections } from './poll-connections.js';

/**
 * How long a poll for stop signals is held. Of an idle worker not long, for it ends only after its polls; of a busy one as
 * long as its own limit (90 s) allows, for a handler that blocks its process lets it ask no more, and the open connection
 * is what shows that it lives.
 */
const IDLE_STOP_HOLD_MS = 5_000;
const BUSY_STOP_HOLD_MS = 80_000;

interface Lease {
  readonly attempt: Attempt;
  cancelTimer(): void;
}

/**
 * A worker in another process, as it shows itself over HTTP. It has a lease on each of its jobs, which the heartbeats
 * that name the job renew; a job whose lease runs out has lost its worker.
 */
export class RemoteWorker implements AttemptWorker {
  readonly id: string;
  readonly #clock: Clock;
  readonly #leaseMs: number;
  readonly #leases = new Map<string, Lease>();
  readonly #toStop = new Set<string>();
  readonly #connections = new PollConnections();
  readonly #condition: Condition;
  #seenAt: number;
  #heldPolls = 0;
  #pollsForStops = false;
  #retired = false;

  constructor(id: string, { clock, leaseMs }: { readonly clock: Clock; readonly leaseMs: number }) {
    this.id = id;
    this.#clock = clock;
    this.#leaseMs = leaseMs;
    this.#condition = new Condition(clock);
    this.#seenAt = clock.now();
  }

  get isBusy(): boolean {
    return this.#leases.size > 0;
  }

  get isRetired(): boolean {
    return this.#retired;
  }

  /** False once nothing was heard of it for the time of a lease, or it has announced its end and has no job left. */
  get isPresent(): boolean {
    if (this.isBusy || this.#retired) return this.isBusy;
    return this.#heldPolls > 0 || this.#clock.now() - this.#seenAt < this.#leaseMs;
  }

  /** Runs a long poll of the worker, which counts as a sign of life until its end. */
  async poll<T>(socket: Socket, hold: () => Promise<T>): Promise<T> {
    this.#connections.add(socket);
    this.#heldPolls += 1;
    try {
      return await hold();
    } finally {
      this.#heldPolls -= 1;
      this.#seenAt = this.#clock.now();
    }
  }

  /** The worker took the job. */
  hold(attempt: Attempt): void {
    const { job, signal } = attempt;
    this.#toStop.delete(job.id);
    this.#leases.set(job.id, { attempt, cancelTimer: this.#startLease(attempt) });
    signal.addEventListener('abort', () => {
      this.#toStop.add(job.id);
      this.#condition.changed();
    });
  }

  release(job: Job): void {
    this.#leases.get(job.id)?.cancelTimer();
    this.#leases.delete(job.id);
    this.#condition.changed();
  }

  /** It announced its end with a job's result, and gets no further job. Those that it has it may finish. */
  retire(): void {
    this.#retired = true;
  }

  /** The worker speaks of a job; undefined where that is not its any more. */
  attemptOf(jobId: string): Attempt | undefined {
    this.#seenAt = this.#clock.now();
    this.#toStop.delete(jobId);
    this.#renew(jobId);
    return this.#leases.get(jobId)?.attempt;
  }

  /**
   * The worker's heartbeat comes from a process of its own, which outlives a worker that is killed and then still names
   * its jobs. So it counts only while the worker itself is there.
   */
  ping(jobIds: readonly string[]): void {
    if (this.#pollsForStops && this.#connections.areCut) return;
    this.#seenAt = this.#clock.now();
    for (const jobId of jobIds) this.#renew(jobId);
  }

  /** Waits for jobs that are to be stopped, and names each once. */
  async stopSignals(signal: AbortSignal): Promise<readonly string[]> {
    this.#pollsForStops = true;
    const wasBusy = this.isBusy;
    const ready = () => this.#toStop.size > 0 || (wasBusy && !this.isBusy);
    await this.#condition.until(ready, wasBusy ? BUSY_STOP_HOLD_MS : IDLE_STOP_HOLD_MS, signal);
    if (signal.aborted) return [];
    const jobIds = [...this.#toStop];
    this.#toStop.clear();
    return jobIds;
  }

  #renew(jobId: string): void {
    const lease = this.#leases.get(jobId);
    if (!lease) return;
    lease.cancelTimer();
    this.#leases.set(jobId, { attempt: lease.attempt, cancelTimer: this.#startLease(lease.attempt) });
  }

  #startLease(attempt: Attempt): () => void {
    return this.#clock.after(this.#leaseMs, () => attempt.lose());
  }
}
