/** A stretch of time, in epoch milliseconds. Both ends belong to it. */
export interface TimeWindow {
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * The longest of the windows from `fromMs` on, halved again and again, in which there are at most `limit`; one of a
 * millisecond is taken with however many. It is how the oldest come first where a query can't say so: visibility on SQL
 * refuses ORDER BY and answers with the newest, so that the first page of a longer window would leave out the oldest.
 */
export async function fittingWindow(
  whole: TimeWindow,
  limit: number,
  count: (window: TimeWindow) => Promise<number>,
): Promise<TimeWindow> {
  let { toMs } = whole;
  for (;;) {
    const window = { fromMs: whole.fromMs, toMs };
    if (toMs - whole.fromMs <= 1 || (await count(window)) <= limit) return window;
    toMs = whole.fromMs + Math.ceil((toMs - whole.fromMs) / 2);
  }
}
