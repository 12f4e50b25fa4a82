import ms from 'ms';
import type { Duration } from '../workflows/contract.js';

/** The longest that a provider keeps a job, and so the longest that waiting for one makes sense. */
const MAX_MS = ms('7d');
/** How a duration is written; what is too long or too short matches too. */
export const WRITTEN_DURATION = /^\d+(\.\d+)?(ms|s|m|h|d)$/;

/** A value that is not a duration; the message says how to write one. */
export class InvalidDuration extends Error {
  override readonly name = 'InvalidDuration';
}

/**
 * Milliseconds of a duration: `"90s"`, `"5m"`, `"1.5h"`, `"2d"`, or a number of milliseconds. Throws
 * {@link InvalidDuration} for any other spelling, under 1 ms and over `maxMs`, by default 7 days.
 */
export function parseDuration(duration: Duration, maxMs: number = MAX_MS): number {
  const value =
    typeof duration === 'number' ? duration : WRITTEN_DURATION.test(duration) ? ms(duration as ms.StringValue) : NaN;
  const rounded = Math.round(value);
  if (!(rounded >= 1 && rounded <= maxMs)) {
    const shown = typeof duration === 'string' ? JSON.stringify(duration.slice(0, 40)) : String(duration);
    throw new InvalidDuration(
      `${shown} is not a duration: write one like "90s", "5m" or "1h", or milliseconds as a number; at most ${ms(maxMs, { long: true })}`,
    );
  }
  return rounded;
}
