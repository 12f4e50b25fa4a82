/** What must have ended by a time of its own. */
export interface Timed {
  /** In the milliseconds of `performance.now()`. */
  readonly deadlineMs: number;
  /** Its time is over, and it is no longer here. */
  expire(): void;
}

/** A timer that is set for longer goes off at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/**
 * What is under way, each to its deadline, with one timer for all. Nearly every exchange ends in time: a timer for each
 * would be made to be cleared, which costs more than to read its answer.
 */
export class UnderWay<T extends Timed> {
  readonly #all = new Set<T>();
  readonly #waiting: (() => void)[] = [];
  #timer: NodeJS.Timeout | undefined;
  #wakeAtMs = Number.POSITIVE_INFINITY;

  add(timed: T): void {
    this.#all.add(timed);
    if (timed.deadlineMs < this.#wakeAtMs) this.#wakeAt(timed.deadlineMs);
  }

  /** The timer stays: it finds nothing that is late, and goes on with what is there then. */
  delete(timed: T): void {
    this.#all.delete(timed);
    if (this.#all.size === 0 && this.#waiting.length > 0) this.#drained();
  }

  /** Resolves once nothing is under way. */
  drained(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      if (this.#all.size === 0) this.#drained();
    });
  }

  #drained(): void {
    clearTimeout(this.#timer);
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #wakeAt(deadlineMs: number): void {
    clearTimeout(this.#timer);
    this.#wakeAtMs = deadlineMs;
    // Its connection keeps the process alive as long as something is under way, and the timer no longer than that.
    const inMs = Math.min(TIMER_MAX_MS, Math.ceil(deadlineMs - performance.now()));
    this.#timer = setTimeout(() => this.#wake(), inMs).unref();
  }

  #wake(): void {
    this.#wakeAtMs = Number.POSITIVE_INFINITY;
    const nowMs = performance.now();
    let nextMs = Number.POSITIVE_INFINITY;
    for (const timed of this.#all) {
      if (timed.deadlineMs > nowMs) {
        nextMs = Math.min(nextMs, timed.deadlineMs);
        continue;
      }
      this.delete(timed);
      timed.expire();
    }
    if (nextMs < this.#wakeAtMs) this.#wakeAt(nextMs);
  }
}
