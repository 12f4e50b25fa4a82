import type { Clock } from '../clock.js';
import { HeldBack } from '../errors.js';
import { Appointments } from '../polling/appointments.js';
import { BackoffFactor } from './backoff-factor.js';
import { requestsOf, shareOf } from './budget-share.js';
import { PURPOSES, type Purpose, type RateBudget, type RateWindow } from './limits.js';
import { mayTake } from './may-take.js';
import { type Counts, RequestCount } from './request-count.js';
import type { SharedLimits } from './shared-limits.js';

/** A place within the limits. Given back when the answer is there: until then the request is at the provider. */
export interface Permit {
  /** Once; more often does nothing. */
  release(): void;
  /** In its place where there will be no answer: what is given up here is at the provider a little longer. */
  abandon(): void;
}

export interface AcquireOptions {
  /** Longest wait for a place, ms. Where it would be longer, the request is held back at once. */
  readonly maxWaitMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface BudgetLimiterOptions {
  /** How all processes call it: in messages, and in the shared store. */
  readonly name: string;
  readonly budget: RateBudget;
  /** The part of the budget that this process may use, over 0 and up to 1. */
  readonly share: number;
  readonly clock: Clock;
  readonly shared?: SharedLimits | undefined;
}

/** A request that is under way is counted by the provider at the latest this long after it left. */
const COUNTED_WITHIN_MS = 2_000;
/** Until a provider has noticed that nobody waits for an answer any more. */
const NOTICED_WITHIN_MS = 1_000;
/** After a refusal that says nothing of when to come back. */
const PAUSE_MS = 1_000;
const QUICKER_THAN_THE_DAY = 8;

interface Waiting {
  readonly purpose: Purpose;
  readonly admit: () => void;
}

/**
 * Keeps the requests of one budget within its limits.
 *
 * A request counts from when it leaves until a whole window after its answer: the provider counted it between the two, so
 * no delay on the way can make two bursts meet there. Who would wait too long is sent away with an appointment, each a
 * little later than the one before, so that a thousand of them do not come back together.
 */
export class BudgetLimiter {
  readonly #options: BudgetLimiterOptions;
  readonly #windows: readonly (RateWindow & { readonly count: RequestCount })[];
  readonly #factor: BackoffFactor;
  readonly #underWay = { submit: 0, read: 0, settle: 0, other: 0 };
  /** In the order in which they came. */
  readonly #waiting = new Set<Waiting>();
  readonly #appointments = new Appointments();
  #runningWorkers = 0;
  #sharedAnswers = true;
  #heldUntil = 0;
  #cancelTimer: (() => void) | undefined;

  constructor(options: BudgetLimiterOptions) {
    this.#options = options;
    this.#windows = options.budget.windows.map((window) => ({ ...window, count: new RequestCount(window) }));
    this.#factor = new BackoffFactor(Math.min(...options.budget.windows.map(({ windowMs }) => windowMs), 60_000));
  }

  /** Rejects with {@link HeldBack}, or the signal's reason. */
  async acquire(purpose: Purpose, { maxWaitMs, signal }: AcquireOptions): Promise<Permit> {
    signal?.throwIfAborted();
    const deadline = this.#now() + maxWaitMs;
    const admission = this.#admission(purpose, deadline, signal);
    if (admission !== undefined) await admission;
    const { shared } = this.#options;
    if (shared === undefined) return this.#permit(purpose);
    let counted = false;
    try {
      counted = await this.#countWithOthers(shared, purpose, deadline, signal);
    } finally {
      if (!counted) this.#leave(purpose);
    }
    // The store does not answer: now this process keeps to its share.
    if (!counted) await this.#admission(purpose, deadline, signal);
    return this.#permit(purpose);
  }

  /** The provider refused a request (429) that left at `sentAtMs`. */
  refused(sentAtMs: number, retryAfterMs: number | undefined): void {
    this.#factor.refused(sentAtMs, this.#now());
    this.hold(retryAfterMs ?? PAUSE_MS);
    if (retryAfterMs !== undefined) void this.#options.shared?.hold(this.#options.name, retryAfterMs);
  }

  /** Nothing leaves for so long. */
  hold(forMs: number): void {
    this.#heldUntil = Math.max(this.#heldUntil, this.#now() + forMs);
  }

  observeWorkers(running: number): void {
    this.#runningWorkers = running;
    this.#pump();
  }

  /** Requests that this process may send in a second, if nobody else uses the budget. */
  perSecond(): number {
    const now = this.#now();
    let least = Number.POSITIVE_INFINITY;
    for (const window of this.#windows) {
      const limit = this.#limitOf(window);
      const { count, windowMs, byClock } = window;
      // A window of a day is to last for the day, and may be used faster as long as most of it is left.
      const perMs = byClock
        ? (QUICKER_THAN_THE_DAY * Math.max(0, limit - totalOf(count.counts(now)))) / (windowMs - (now % windowMs))
        : limit / windowMs;
      least = Math.min(least, perMs * 1_000);
    }
    return least;
  }

  get atOnce(): number {
    const { atOnce = Number.POSITIVE_INFINITY } = this.#options.budget;
    return shareOf(atOnce * this.#factor.at(this.#now()), this.#options.share);
  }

  /** Resolves with a place taken. */
  #admission(purpose: Purpose, deadline: number, signal: AbortSignal | undefined): Promise<void> | undefined {
    if (this.#waiting.size === 0 && this.#hasRoom(purpose)) {
      this.#underWay[purpose] += 1;
      return undefined;
    }
    const roomAt = this.#roomAt(this.#waiting.size + 1);
    if (roomAt > deadline) throw this.#heldBack(roomAt);
    return new Promise((resolve, reject) => {
      const end = () => {
        this.#waiting.delete(waiting);
        cancelDeadline();
        signal?.removeEventListener('abort', abort);
      };
      const abort = () => {
        end();
        reject(signal?.reason as Error);
      };
      const waiting: Waiting = {
        purpose,
        admit: () => {
          end();
          this.#underWay[purpose] += 1;
          resolve();
        },
      };
      const cancelDeadline = this.#options.clock.after(deadline - this.#now(), () => {
        end();
        reject(this.#heldBack(Math.max(this.#roomAt(1), this.#now() + PAUSE_MS)));
      });
      signal?.addEventListener('abort', abort, { once: true });
      this.#waiting.add(waiting);
      this.#pump();
    });
  }

  /** Counts the request in the store too. False where that does not answer. */
  async #countWithOthers(
    shared: SharedLimits,
    purpose: Purpose,
    deadline: number,
    signal: AbortSignal | undefined,
  ): Promise<boolean> {
    const { name, budget } = this.#options;
    for (;;) {
      const windows = this.#windows.map(({ count: _, ...window }) => ({
        ...window,
        requests: shareOf(this.#wholeOf(window), 1),
      }));
      const waitMs = await shared.take({
        budget: name,
        purpose,
        windows,
        ...(budget.reserved !== undefined && { reserved: budget.reserved }),
      });
      this.#sharedAnswers = waitMs !== undefined;
      if (waitMs === undefined) return false;
      if (waitMs === 0) return true;
      if (this.#now() + waitMs > deadline) throw this.#heldBack(this.#now() + waitMs);
      await pause(this.#options.clock, waitMs, signal);
    }
  }

  #leave(purpose: Purpose): void {
    this.#underWay[purpose] -= 1;
    this.#pump();
  }

  #permit(purpose: Purpose): Permit {
    const sentAt = this.#now();
    let isBack = false;
    const leave = () => {
      const countedAt = Math.min(this.#now(), sentAt + COUNTED_WITHIN_MS);
      for (const { count } of this.#windows) count.add(purpose, countedAt);
      this.#leave(purpose);
    };
    return {
      release() {
        if (!isBack) leave();
        isBack = true;
      },
      abandon: () => {
        if (isBack) return;
        isBack = true;
        const now = this.#now();
        this.#options.clock.after(Math.max(now + NOTICED_WITHIN_MS, sentAt + COUNTED_WITHIN_MS) - now, leave);
      },
    };
  }

  #hasRoom(purpose: Purpose): boolean {
    const now = this.#now();
    if (now < this.#heldUntil || totalOf(this.#underWay) >= this.atOnce) return false;
    return this.#windows.every((window) => {
      const used = sumOf(window.count.counts(now), this.#underWay);
      return mayTake(purpose, used, this.#limitOf(window), this.#options.budget.reserved);
    });
  }

  /** When there will be room for the n-th from now, as far as that shows. */
  #roomAt(position: number): number {
    const now = this.#now();
    let at = Math.max(now, this.#heldUntil);
    for (const window of this.#windows) {
      const missing = this.#used(window) + position - this.#limitOf(window);
      if (missing > 0) at = Math.max(at, window.count.freeAt(missing, now));
    }
    return at;
  }

  #used({ count }: { readonly count: RequestCount }): number {
    return totalOf(count.counts(this.#now())) + totalOf(this.#underWay);
  }

  /** What this process may use. */
  #limitOf(window: RateWindow): number {
    const { share, shared } = this.#options;
    const whole = this.#wholeOf(window);
    return shareOf(whole, shared !== undefined && this.#sharedAnswers ? 1 : share);
  }

  /** What all processes may use together. */
  #wholeOf(window: RateWindow): number {
    return requestsOf(this.#options.budget, window, this.#runningWorkers) * this.#factor.at(this.#now());
  }

  #heldBack(roomAt: number): HeldBack {
    const now = this.#now();
    const [first] = this.#windows;
    const paceMs = first === undefined ? 0 : first.windowMs / this.#limitOf(first);
    const at = this.#appointments.next(now, roomAt, paceMs);
    const retryAfterMs = Math.max(1, Math.ceil(at - now));
    return new HeldBack(
      `held back to stay within the limits of ${this.#options.name}: nothing was sent, and there should be room in ${retryAfterMs} ms`,
      { retryAfterMs },
    );
  }

  /** Lets in, in their order, those that fit. A purpose that has no room does not hold up one that has. */
  #pump(): void {
    const full = new Set<Purpose>();
    for (const { purpose, admit } of this.#waiting) {
      if (full.size === PURPOSES.length) break;
      if (full.has(purpose)) continue;
      if (this.#hasRoom(purpose)) admit();
      else full.add(purpose);
    }
    this.#pumpLater();
  }

  #pumpLater(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
    if (this.#waiting.size === 0) return;
    const now = this.#now();
    const roomAt = this.#roomAt(1);
    // There is room, and it is kept for others, or as much is under way as may be: the next thing forgotten may change that.
    const at = roomAt > now ? roomAt : Math.min(...this.#windows.map(({ count }) => count.freeAt(1, now)));
    if (Number.isFinite(at)) this.#cancelTimer = this.#options.clock.after(Math.ceil(at - now), () => this.#pump());
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

function sumOf(a: Counts, b: Counts): Counts {
  return {
    submit: a.submit + b.submit,
    read: a.read + b.read,
    settle: a.settle + b.settle,
    other: a.other + b.other,
  };
}

function totalOf({ submit, read, settle, other }: Counts): number {
  return submit + read + settle + other;
}

function pause(clock: Clock, ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      cancel();
      reject(signal?.reason as Error);
    };
    const cancel = clock.after(ms, () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    });
    signal?.addEventListener('abort', abort, { once: true });
  });
}
