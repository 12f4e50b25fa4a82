/** A provider tries three times; what comes oftener is not worth an event in the history of a run. */
const SIGNALS_MAX = 3;
const REMEMBERED = 10_000;

/** How often this process has signalled a run of a submit, so that a storm of webhooks writes no history. */
export class RecentSignals {
  readonly #counts = new Map<string, number>();

  /** Counts a signal that is about to go; false where it must not. Many may be under way at once. */
  take(submit: string): boolean {
    const count = this.#counts.get(submit) ?? 0;
    if (count >= SIGNALS_MAX) return false;
    // Moved to the end: the oldest is forgotten first.
    this.#counts.delete(submit);
    this.#counts.set(submit, count + 1);
    if (this.#counts.size > REMEMBERED) {
      const [oldest = submit] = this.#counts.keys();
      this.#counts.delete(oldest);
    }
    return true;
  }

  /** It did not go. */
  giveBack(submit: string): void {
    const count = this.#counts.get(submit) ?? 0;
    if (count > 1) this.#counts.set(submit, count - 1);
    else this.#counts.delete(submit);
  }
}
