/** How long those that follow a job stay with it, and stay away: the same for `awaitJob` and `streamJob`. */

/** How long one attempt waits before it gives its slot to another. A retry writes no history. */
export const WINDOW_MS = 60_000;

/** Answers in a row that are not what the dialect says, before the job is given up as unreadable. */
export const UNREADABLE_LIMIT = 20;

/** Pause between windows: a tenth of the job's age, so that the lag stays in proportion, 1 to 30 s, ±10 %. */
export function lateDelay(ageMs: number): number {
  return Math.min(30_000, Math.max(1_000, ageMs / 10)) * (0.9 + Math.random() * 0.2);
}
