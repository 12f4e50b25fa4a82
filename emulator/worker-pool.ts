import { randomBytes } from 'node:crypto';
import type { AttemptWorker } from './attempt.js';
import type { Clock } from './clock.js';

export type WorkerState = 'cold' | 'starting' | 'idle' | 'running';

interface Worker {
  readonly id: string;
  state: WorkerState;
}

/** The workers of an endpoint: taken for a job, given back after it. A cold one starts only when somebody asks. */
export class WorkerPool {
  readonly #clock: Clock;
  readonly #onIdle: () => void;
  readonly #starts = new Set<() => void>();
  #workers: readonly Worker[] = [];
  #coldStartMs = 0;

  /** `onIdle` is called when a started worker is ready for its first job. */
  constructor(clock: Clock, onIdle: () => void) {
    this.#clock = clock;
    this.#onIdle = onIdle;
  }

  /** Replaces the workers. The old ones finish the jobs they have, and get no other. */
  resize(size: number, coldStartMs: number): void {
    this.#coldStartMs = coldStartMs;
    const state = this.#stateOfNew();
    this.#workers = Array.from({ length: size }, () => ({ id: workerId(), state }));
  }

  take(): AttemptWorker | undefined {
    const worker = this.#workers.find(({ state }) => state === 'idle');
    if (!worker) return undefined;
    worker.state = 'running';
    return {
      id: worker.id,
      release: (_job, { reset }) => {
        worker.state = reset ? this.#stateOfNew() : 'idle';
      },
    };
  }

  /** Starts cold workers until as many are on their way as jobs wait. */
  warmUp(waitingJobs: number): void {
    const missing = waitingJobs - this.count('starting');
    if (missing <= 0) return;
    const cold = this.#workers.filter(({ state }) => state === 'cold');
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

  count(state: WorkerState): number {
    return this.#workers.filter((worker) => worker.state === state).length;
  }

  close(): void {
    this.#workers = [];
    for (const cancel of this.#starts) cancel();
    this.#starts.clear();
  }

  #stateOfNew(): WorkerState {
    return this.#coldStartMs > 0 ? 'cold' : 'idle';
  }
}

/** Fourteen characters, the look of RunPod's worker ids. */
function workerId(): string {
  return randomBytes(7).toString('hex');
}
