/** Reads may be so much ahead of their pace: a few jobs that are due together are read together. */
const AHEAD_MS = 100;
const AHEAD_READS = 4;

/** Spreads reads evenly over time, at a rate that may change. */
export class ReadPace {
  /** When the reads so far are paid for. */
  #paidUntil = 0;

  /** How long to wait with the next read, ms; 0 if it is counted and can be made now. */
  take(nowMs: number, perSecond: number): number {
    const eachMs = 1_000 / Math.max(1e-6, perSecond);
    const paidUntil = Math.max(this.#paidUntil, nowMs);
    const early = paidUntil - nowMs - Math.max(AHEAD_MS, AHEAD_READS * eachMs);
    if (early > 0) return early;
    this.#paidUntil = paidUntil + eachMs;
    return 0;
  }
}
