import type { JobHandle } from '../job-api/job.js';

/** How long those that follow a job stay with it, and stay away: the same for `awaitJob` and `streamJob`. */

/** How long one attempt waits before it gives its slot to another. A retry writes no history. */
export const WINDOW_MS = 60_000;

/** Answers in a row that are not what the dialect says, before a job may be given up as unreadable. */
const UNREADABLE_LIMIT = 20;
/** And for how long it is not: what stands before a provider shows its page, with HTTP 200, for as long as an outage takes. */
const UNREADABLE_MIN_MS = 5 * 60_000;

/**
 * Whether a job is given up as unreadable.
 *
 * @param unreadable - answers in a row that are not what the dialect says
 * @param aliveAt - when the provider last said that the job had not ended, ISO 8601; absent: nobody has read it yet
 */
export function isUnreadable(
  unreadable: number,
  { submittedAt }: Pick<JobHandle, 'submittedAt'>,
  aliveAt: string | undefined,
): boolean {
  return unreadable >= UNREADABLE_LIMIT && Date.now() - Date.parse(aliveAt ?? submittedAt) >= UNREADABLE_MIN_MS;
}

/** Pause between windows: a tenth of the job's age, so that the lag stays in proportion, 1 to 30 s, ±10 %. */
export function lateDelay(ageMs: number): number {
  return Math.min(30_000, Math.max(1_000, ageMs / 10)) * (0.9 + Math.random() * 0.2);
}
