import type { ExecutionTimes } from './execution-times.js';

/** A read is worth its request when this much of a job's life is expected to have gone by unseen after its end. */
const UNSEEN_MS = 50;
/** Of longer jobs, in proportion to what is usual for the endpoint. */
const UNSEEN_PART = 0.005;
/** However sure one is that a job runs on. */
const LONGEST_MS = 10_000;
const FIRST_STEP_MS = 5;
const STEP_GROWTH = 1.15;

/**
 * How long to wait with the next read of a job that runs, or that may have begun to run when it was last read: until the
 * time that it is expected to have ended unseen comes to what a read is worth. So a job is read late rather than often,
 * and most around the times at which jobs of its endpoint end.
 *
 * @param runningMs - for how long it has been running, at the most
 */
export function untilNextRead(runningMs: number, times: Pick<ExecutionTimes, 'survival' | 'medianMs'>): number {
  const worthMs = Math.max(UNSEEN_MS, UNSEEN_PART * (times.medianMs ?? 0));
  const alive = Math.max(1e-9, times.survival(runningMs));
  let waitMs = 0;
  let unseenMs = 0;
  let ended = 0;
  for (let stepMs = FIRST_STEP_MS; waitMs < LONGEST_MS; stepMs *= STEP_GROWTH) {
    const endedThen = 1 - times.survival(runningMs + waitMs + stepMs) / alive;
    const added = (stepMs * (ended + endedThen)) / 2;
    if (unseenMs + added >= worthMs) return Math.min(LONGEST_MS, waitMs + (stepMs * (worthMs - unseenMs)) / added);
    unseenMs += added;
    waitMs += stepMs;
    ended = endedThen;
  }
  return LONGEST_MS;
}
