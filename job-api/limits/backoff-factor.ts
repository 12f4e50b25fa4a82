/** A first 429 halves the limit, and each stretch without one gives back so much of the whole. */
const DECREASE = 0.5;
const INCREASE = 0.1;
/** However often it is refused, an endpoint is asked now and then: it may have room again. */
const LEAST = 0.02;

/**
 * The part of a documented limit that is used: additive increase, multiplicative decrease, as in TCP. A provider may allow
 * less than it says, and others may be using the same account.
 */
export class BackoffFactor {
  readonly #stepMs: number;
  #value = 1;
  /** When {@link #value} held. */
  #at = Number.NEGATIVE_INFINITY;

  /** @param stepMs - the window of the limit: how long an increase takes to show */
  constructor(stepMs: number) {
    this.#stepMs = stepMs;
  }

  /**
   * A request was refused. Those that were sent before the last decrease say nothing new: a burst that meets a limit is one
   * refusal, however many of its requests are refused.
   */
  refused(sentAtMs: number, nowMs: number): void {
    if (sentAtMs < this.#at) return;
    this.#value = Math.max(LEAST, this.at(nowMs) * DECREASE);
    this.#at = nowMs;
  }

  /** 0 to 1. */
  at(nowMs: number): number {
    if (this.#value >= 1) return 1;
    return Math.min(1, this.#value + (INCREASE * Math.max(0, nowMs - this.#at)) / this.#stepMs);
  }
}
