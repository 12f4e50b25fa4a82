import type { EndpointHealth } from '../job-api/job.js';
import type { WireStatus } from './job.js';

/** The jobs of an endpoint by status. Ended ones stay counted after they are deleted; a live one that vanishes leaves. */
export class JobCounts {
  readonly #byStatus: Record<WireStatus, number> = {
    IN_QUEUE: 0,
    IN_PROGRESS: 0,
    COMPLETED: 0,
    FAILED: 0,
    CANCELLED: 0,
    TIMED_OUT: 0,
  };
  #retried = 0;

  get inQueue(): number {
    return this.#byStatus.IN_QUEUE;
  }

  enter(status: WireStatus): void {
    this.#byStatus[status] += 1;
  }

  leave(status: WireStatus): void {
    this.#byStatus[status] -= 1;
  }

  move(from: WireStatus, to: WireStatus): void {
    this.leave(from);
    this.enter(to);
  }

  /** Counts one more run of a job that had one, whoever asked for it. */
  retry(): void {
    this.#retried += 1;
  }

  /** As RunPod reports them: it has no number for cancelled jobs. */
  health(): Required<EndpointHealth['jobs']> {
    const { COMPLETED, FAILED, TIMED_OUT, IN_PROGRESS, IN_QUEUE } = this.#byStatus;
    return {
      completed: COMPLETED,
      failed: FAILED + TIMED_OUT,
      inProgress: IN_PROGRESS,
      inQueue: IN_QUEUE,
      retried: this.#retried,
    };
  }
}
