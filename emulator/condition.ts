import type { Clock } from './clock.js';

/** A wake-up for whoever waits for a state to change. Nothing polls. */
export class Condition {
  readonly #clock: Clock;
  readonly #waiting = new Set<() => void>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Waits for `ready`, but no longer than `waitMs` and not past the signal. */
  async until(ready: () => boolean, waitMs: number, signal: AbortSignal): Promise<void> {
    if (ready() || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const finish = () => {
        cancelTimer();
        this.#waiting.delete(onChange);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const onChange = () => {
        if (ready()) finish();
      };
      const cancelTimer = this.#clock.after(waitMs, finish);
      this.#waiting.add(onChange);
      signal.addEventListener('abort', finish, { once: true });
    });
  }

  /** Lets everybody who waits look again. */
  changed(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
