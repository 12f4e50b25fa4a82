import type { EndpointHealth } from '../job.js';

/** Jobs beyond those that can run by our count, for what the count may be behind by. */
const MARGIN = 8;
const MARGIN_PART = 0.2;
/** How much the last read counts in what reads have found. */
const WEIGHT = 0.02;
/** Where reads of the back find so much of what reads of the front find, the order tells nothing. */
const OUT_OF_ORDER = 0.1;

/**
 * Which of the waiting jobs can have ended, where more wait than run: an endpoint serves its queue roughly in order and runs
 * as many jobs as it has workers, and `health` tells both numbers.
 */
export class QueueFront {
  #running: number | undefined;
  #queued = 0;
  /** Of those that wait here, how many were not in the queue any more; less what ended since. */
  #begun = 0;
  /** Parts of the reads of jobs that were in the queue when last heard of, by which they had left it. */
  #found = { front: 1, back: 0 };

  /** @param waiting - jobs that wait here, whether in the queue or running */
  observe({ jobs, workers }: EndpointHealth, waiting: number): void {
    if (jobs.inQueue === undefined) return;
    this.#running = Math.max(jobs.inProgress ?? 0, workers.running ?? 0);
    this.#queued = jobs.inQueue;
    this.#begun = Math.max(0, waiting - jobs.inQueue);
  }

  /** A job that was in the queue, the n-th where the oldest is 0, was read: has it left the queue? */
  read(position: number, left: boolean): void {
    const where = position < this.size ? 'front' : 'back';
    this.#found[where] += WEIGHT * ((left ? 1 : 0) - this.#found[where]);
  }

  /** One of the jobs has ended. */
  ended(): void {
    if (this.#begun > 0) this.#begun -= 1;
  }

  /** That many of the oldest jobs may have ended, if the order holds; all of them where hardly any is in the queue. */
  get size(): number {
    const running = this.#running;
    if (running === undefined || this.#queued <= this.#margin) return Number.POSITIVE_INFINITY;
    return Math.max(this.#begun, running) + this.#margin;
  }

  /** Whether the endpoint serves its queue in order, as far as that was seen. */
  get inOrder(): boolean {
    return this.#found.back <= OUT_OF_ORDER * this.#found.front;
  }

  get #margin(): number {
    return MARGIN + Math.ceil((this.#running ?? 0) * MARGIN_PART);
  }
}
