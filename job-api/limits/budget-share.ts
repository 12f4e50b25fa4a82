import type { RateBudget, RateWindow } from './limits.js';

/** Requests that a window of a budget takes of all processes together: the first one more where more workers run. */
export function requestsOf({ windows, perWorker = 0 }: RateBudget, window: RateWindow, runningWorkers: number): number {
  const forWorkers = window.windowMs === windows[0]?.windowMs ? runningWorkers * perWorker : 0;
  return Math.max(window.requests, forWorkers);
}

/** What one process may use of a limit: a share of it, and never nothing. */
export function shareOf(whole: number, share: number): number {
  return Math.max(1, Math.floor(whole * share));
}
