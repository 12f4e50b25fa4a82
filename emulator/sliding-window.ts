/** Counts what happened within the last `windowMs`: no stretch of that length, wherever it begins, may hold more than the limit. */
export class SlidingWindow {
  readonly #windowMs: number;
  /** Oldest first, from `#first` on. */
  #times: number[] = [];
  #first = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Counts one more; false, and not counted, where it would be one too many. */
  take(now: number, limit: number): boolean {
    this.#dropBefore(now - this.#windowMs);
    if (this.#times.length - this.#first >= limit) return false;
    this.#times.push(now);
    return true;
  }

  #dropBefore(time: number): void {
    while (this.#first < this.#times.length && (this.#times[this.#first] ?? 0) <= time) this.#first += 1;
    // Half of the list is past: moving the rest now costs each entry one move in its life.
    if (this.#first * 2 > this.#times.length) {
      this.#times = this.#times.slice(this.#first);
      this.#first = 0;
    }
  }
}
