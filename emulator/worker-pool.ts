import { randomBytes } from 'node:crypto';
import type { AttemptWorker } from './attempt.js';
import type { Clock } from './clock.js';

export type WorkerState = 'cold' | 'starting' | 'idle' | 'running' | 'throttled' | 'unhealthy';

interface Worker {
  readonly id: string;
  state: Exclude<WorkerState, 'throttled' | 'unhealthy'>;
}

/** How many workers are out of service, and why. One that runs a job ends it first. */
export interface UnavailableWorkers {
  /** The provider has no machine for them. */
  readonly throttled?: number;
  /** They crash. */
  readonly unhealthy?: number;
}

/** The workers of an endpoint: taken for a job, given back after it. A cold one starts only when somebody asks. */
export class WorkerPool {
  readonly #clock: Clock;
  readonly #onIdle: () => void;
  readonly #starts = new Set<() => void>();
  #workers: readonly Worker[] = [];
  /** Of a former size, with a job still. */
  readonly #retiring = new Set<Worker>();
  #unavailable: Required<UnavailableWorkers> = { throttled: 0, unhealthy: 0 };
  #coldStartMs = 0;

  /** `onIdle` is called when a started worker is ready for its first job. */
  constructor(clock: Clock, onIdle: () => void) {
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  /** Replaces the workers. The old ones finish the jobs they have, and get no other. */
  resize(size: number, coldStartMs: number): void {
    this.#coldStartMs = coldStartMs;
    for (const worker of this.#workers) if (worker.state === 'running') this.#retiring.add(worker);
    const state = this.#stateOfNew();
    this.#workers = Array.from({ length: size }, () => ({ id: workerId(), state }));
  }

  /** Takes workers out of service, the last first, or puts them back. */
  setUnavailable({ throttled = 0, unhealthy = 0 }: UnavailableWorkers): void {
    this.#unavailable = { throttled, unhealthy };
    this.#onIdle();
  }

  take(): AttemptWorker | undefined {
    const worker = this.#available().find(({ state }) => state === 'idle');
    if (!worker) return undefined;
    worker.state = 'running';
    return {
      id: worker.id,
      release: (_job, { reset }) => {
        this.#retiring.delete(worker);
        worker.state = reset ? this.#stateOfNew() : 'idle';
      },
    };
  }

  /** Starts cold workers until as many are on their way as jobs wait. */
  warmUp(waitingJobs: number): void {
    const missing = waitingJobs - this.count('starting');
    if (missing <= 0) return;
    const cold = this.#available().filter(({ state }) => state === 'cold');
    for (const worker of cold.slice(0, missing)) {
      worker.state = 'starting';
      const cancel = this.#clock.after(this.#coldStartMs, () => {
        this.#starts.delete(cancel);
        worker.state = 'idle';
        this.#onIdle();
      });
      this.#starts.add(cancel);
    }
  }

  /** Each worker is in one state: together they are all there are. */
  count(state: WorkerState): number {
    const { throttled, unhealthy } = this.#outOfService();
    if (state === 'throttled') return throttled;
    if (state === 'unhealthy') return unhealthy;
    if (state === 'running')
      return this.#retiring.size + this.#workers.filter((worker) => worker.state === state).length;
    return this.#available().filter((worker) => worker.state === state).length;
  }

  #available(): readonly Worker[] {
    const { throttled, unhealthy } = this.#unavailable;
    return this.#workers.slice(0, Math.max(0, this.#workers.length - throttled - unhealthy));
  }

  #outOfService(): Required<UnavailableWorkers> {
    const stopped = this.#workers.slice(this.#available().length).filter(({ state }) => state !== 'running').length;
    const unhealthy = Math.min(stopped, this.#unavailable.unhealthy);
    return { throttled: stopped - unhealthy, unhealthy };
  }

  close(): void {
    this.#workers = [];
    for (const cancel of this.#starts) cancel();
    this.#starts.clear();
  }

  #stateOfNew(): Worker['state'] {
    return this.#coldStartMs > 0 ? 'cold' : 'idle';
  }
}

/** Fourteen characters, the look of RunPod's worker ids. */
function workerId(): string {
  return randomBytes(7).toString('hex');
}
