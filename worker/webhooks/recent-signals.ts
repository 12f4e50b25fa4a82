/** A provider tries three times; what comes oftener is not worth an event in the history of a run. */
const SIGNALS_MAX = 3;
const REMEMBERED = 10_000;

/** How often this process has signalled a run of a submit, so that a storm of webhooks writes no history. */
export class RecentSignals {
  readonly #counts = new Map<string, number>();

  mayGo(submit: string): boolean {
    return (this.#counts.get(submit) ?? 0) < SIGNALS_MAX;
  }

  gone(submit: string): void {
    const count = this.#counts.get(submit) ?? 0;
    // Moved to the end: the oldest is forgotten first.
    this.#counts.delete(submit);
    this.#counts.set(submit, count + 1);
    if (this.#counts.size <= REMEMBERED) return;
    for (const oldest of this.#counts.keys()) {
      this.#counts.delete(oldest);
      break;
    }
  }
}
