/**
 * Items of a `forEach` that one history holds: a job writes up to 12 events, a nested pipeline up to 9, and a run should
 * stay far below the 4,096 at which the server suggests to begin anew. More are worked off in slices of so many.
 */
export const SLICE_ITEMS = 100;

/** Where an item may take many jobs, its slice has fewer items: at the worst, what one history holds without being ended for it. */
const MAX_EVENTS = 12_000;
const EVENTS_PER_JOB = 12;

/** Items of one slice, by the extra jobs that each may take. */
export function sliceItems(retry: {
  readonly platform: number;
  readonly queue: number;
  readonly handler: number;
}): number {
  const jobs = 1 + retry.platform + retry.queue + retry.handler;
  return Math.max(1, Math.min(SLICE_ITEMS, Math.floor(MAX_EVENTS / EVENTS_PER_JOB / jobs)));
}
