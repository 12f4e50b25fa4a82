import type { Clock } from './clock.js';

export interface TestClockOptions {
  /** Milliseconds since the epoch. Default: 2030 began; for a running clock, now. */
  readonly startAt?: number;
  /** Whether time passes by itself too, as it does elsewhere. Default false: it stands still between two advances. */
  readonly running?: boolean;
}

interface Timer {
  readonly at: number;
  readonly callback: () => void;
  /** Takes back the real timer of a running clock. */
  cancelReal(): void;
}

/** A longer delay overflows Node's timers, which then fire at once. */
const LONGEST_TIMER_MS = 2 ** 31 - 1;

/**
 * A clock that a test moves by hand, so that what takes half an hour or a day takes no time. What falls due on the way
 * happens in its order, each at its own time.
 *
 * @example
 * const clock = new TestClock();
 * const emulator = await startEmulator({ clock });
 * clock.advance(30 * 60_000); // results of `run` are gone
 */
export class TestClock implements Clock {
  readonly #running: boolean;
  readonly #timers = new Map<object, Timer>();
  /** The time of a clock that stands still; what a running one is ahead of the real time. */
  #offsetMs: number;
  /** The time while an advance is on its way. */
  #advancingAt: number | undefined;

  constructor({ running = false, startAt }: TestClockOptions = {}) {
    this.#running = running;
    const start = startAt ?? (running ? Date.now() : Date.UTC(2030, 0));
    this.#offsetMs = running ? start - Date.now() : start;
  }

  now(): number {
    return this.#advancingAt ?? this.#offsetMs + (this.#running ? Date.now() : 0);
  }

  after(delayMs: number, callback: () => void): () => void {
    const key = {};
    this.#arm(key, this.now() + delayMs, callback);
    return () => {
      this.#timers.get(key)?.cancelReal();
      this.#timers.delete(key);
    };
  }

  /** True while something waits for exactly this long from now; for a clock that stands still. */
  isWaitedFor(delayMs: number): boolean {
    const at = this.now() + delayMs;
    return [...this.#timers.values()].some((timer) => timer.at === at);
  }

  /** Moves the time on, and does on the way what falls due. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`a clock advances by 0 ms or more, not by ${ms}`);
    const end = this.now() + ms;
    for (let next = this.#firstDue(end); next; next = this.#firstDue(end)) {
      const [key, timer] = next;
      timer.cancelReal();
      this.#timers.delete(key);
      this.#advancingAt = Math.max(this.now(), timer.at);
      timer.callback();
    }
    this.#advancingAt = undefined;
    this.#offsetMs = this.#running ? end - Date.now() : end;
    if (this.#running) this.#rearm();
  }

  #firstDue(end: number): readonly [object, Timer] | undefined {
    let first: readonly [object, Timer] | undefined;
    for (const entry of this.#timers) {
      if (entry[1].at <= end && (!first || entry[1].at < first[1].at)) first = entry;
    }
    return first;
  }

  #arm(key: object, at: number, callback: () => void): void {
    if (!this.#running) {
      this.#timers.set(key, { at, callback, cancelReal: () => undefined });
      return;
    }
    const real = setTimeout(
      () => {
        this.#timers.delete(key);
        callback();
      },
      Math.min(Math.max(0, at - this.now()), LONGEST_TIMER_MS),
    );
    this.#timers.set(key, { at, callback, cancelReal: () => clearTimeout(real) });
  }

  #rearm(): void {
    for (const [key, { at, callback, cancelReal }] of [...this.#timers]) {
      cancelReal();
      this.#arm(key, at, callback);
    }
  }
}
