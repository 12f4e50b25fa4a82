import { PURPOSES, type Purpose, type RateWindow } from './limits.js';

/** A window is counted in so many slots: what is counted is at most that fraction late in being forgotten. */
const SLOTS = 50;

/** Requests by what they were for. */
export type Counts = Readonly<Record<Purpose, number>>;

/**
 * How many requests fell into the last window. Its size does not depend on their number.
 *
 * A rolling window is kept in slots, and a slot counts until all of it is older than the window: what is counted is never
 * less than what a provider with an exact count has seen. A window by the clock is one slot, that of the clock.
 */
export class RequestCount {
  readonly #window: RateWindow;
  readonly #slotMs: number;
  readonly #slots: number;
  /** By slot and purpose. */
  readonly #counts: Uint32Array;
  /** Which slot of time each place holds. */
  readonly #held: Float64Array;
  /** Of the slots that count, until the first of them is gone. */
  #sums = { submit: 0, read: 0, settle: 0, other: 0 };
  #summedAt = Number.POSITIVE_INFINITY;
  #sumsHoldUntil = Number.NEGATIVE_INFINITY;

  constructor(window: RateWindow) {
    this.#window = window;
    this.#slots = window.byClock ? 1 : SLOTS + 1;
    this.#slotMs = window.byClock ? window.windowMs : window.windowMs / SLOTS;
    this.#counts = new Uint32Array(this.#slots * PURPOSES.length);
    this.#held = new Float64Array(this.#slots).fill(-1);
  }

  add(purpose: Purpose, atMs: number): void {
    const slot = Math.floor(atMs / this.#slotMs);
    const place = slot % this.#slots;
    const held = this.#held[place] ?? -1;
    // Older than what is there: it was counted late, and would have been forgotten by now.
    if (slot < held) return;
    const first = place * PURPOSES.length;
    if (slot > held) {
      this.#counts.fill(0, first, first + PURPOSES.length);
      this.#held[place] = slot;
      this.#sumsHoldUntil = Number.NEGATIVE_INFINITY;
    }
    const at = first + PURPOSES.indexOf(purpose);
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
    this.#sums[purpose] += 1;
    this.#sumsHoldUntil = Math.min(this.#sumsHoldUntil, this.#goneAt(place));
  }

  /** As they stand now: what is added later changes them. */
  counts(nowMs: number): Counts {
    // Asked for with every request: added up anew only when a slot is gone, or the clock was set back.
    if (nowMs >= this.#sumsHoldUntil || nowMs < this.#summedAt) this.#sumUp(nowMs);
    return this.#sums;
  }

  #sumUp(nowMs: number): void {
    const sums = { submit: 0, read: 0, settle: 0, other: 0 };
    this.#sumsHoldUntil = Number.POSITIVE_INFINITY;
    for (let place = 0; place < this.#slots; place++) {
      const goneAt = this.#goneAt(place);
      if (goneAt <= nowMs) continue;
      this.#sumsHoldUntil = Math.min(this.#sumsHoldUntil, goneAt);
      let at = place * PURPOSES.length;
      for (const purpose of PURPOSES) sums[purpose] += this.#counts[at++] ?? 0;
    }
    this.#sums = sums;
    this.#summedAt = nowMs;
  }

  /** When at least `requests` of those counted now will have been forgotten; the end of the window if they are fewer. */
  freeAt(requests: number, nowMs: number): number {
    const places = Array.from({ length: this.#slots }, (_, place) => place)
      .filter((place) => this.#goneAt(place) > nowMs)
      .sort((a, b) => this.#goneAt(a) - this.#goneAt(b));
    let freed = 0;
    for (const place of places) {
      for (let n = 0; n < PURPOSES.length; n++) freed += this.#counts[place * PURPOSES.length + n] ?? 0;
      if (freed >= requests) return this.#goneAt(place);
    }
    return nowMs + this.#window.windowMs;
  }

  #goneAt(place: number): number {
    const slot = this.#held[place] ?? -1;
    if (slot < 0) return 0;
    return (slot + 1) * this.#slotMs + (this.#window.byClock ? 0 : this.#window.windowMs);
  }
}
