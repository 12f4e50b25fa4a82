import type { PollSeat } from './poll-seat.js';

/** Jobs younger than this, by when they were last known to be alive, have been followed all the while. */
const FOLLOWED_MS = 2_000;
/** Nobody has come for so long: all are there. */
const QUIET_MS = 100;
/** However many still come. */
const LONGEST_MS = 1_000;

/**
 * After a start, jobs that nobody has followed come one by one, in any order. The first reads wait for a moment until all
 * are there, so that those whose results disappear first are read first.
 */
export class Gathering {
  #beganAt: number | undefined;
  #overAt = Number.NEGATIVE_INFINITY;

  joined(seat: PollSeat, nowMs: number): void {
    this.#beganAt ??= nowMs;
    if (wasFollowed(seat, nowMs)) return;
    this.#overAt = Math.min(this.#beganAt + LONGEST_MS, nowMs + QUIET_MS);
  }

  /** For how long a read of this job is still to wait, ms. */
  holds(seat: PollSeat, nowMs: number): number {
    return seat.lastReadAt !== undefined || wasFollowed(seat, nowMs) ? 0 : Math.max(0, this.#overAt - nowMs);
  }
}

function wasFollowed(seat: PollSeat, nowMs: number): boolean {
  return nowMs - seat.aliveAt < FOLLOWED_MS;
}
