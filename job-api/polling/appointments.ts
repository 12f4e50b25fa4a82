/** Later than this nobody is sent away for the sake of the order: there may be room much sooner. */
const LONGEST_MS = 60_000;

/**
 * When those that found no room are to come back: one after the other, at the pace at which there will be room. Sent away
 * with the same time they would all be back at once, and all but a few in vain.
 */
export class Appointments {
  /** Those to come, the earliest first. */
  readonly #times: number[] = [];

  /** The next one, once there is room at `roomAt` and then every `paceMs`. */
  next(nowMs: number, roomAt: number, paceMs: number): number {
    const past = this.#times.findIndex((time) => time > nowMs);
    this.#times.splice(0, past === -1 ? this.#times.length : past);
    const at = Math.max(roomAt, nowMs) + Math.min(this.#times.length * paceMs, LONGEST_MS);
    const after = this.#times.findLastIndex((time) => time <= at);
    this.#times.splice(after + 1, 0, at);
    return at;
  }
}
