import { PURPOSES, type Purpose, type RateBudget } from './limits.js';
import type { Counts } from './request-count.js';

/**
 * Whether one more request fits into a budget. A purpose with a reserved part can always use that; beyond it, a request
 * leaves what the others have reserved and not used.
 */
export function mayTake(purpose: Purpose, used: Counts, limit: number, reserved: RateBudget['reserved'] = {}): boolean {
  let taken = 0;
  let kept = 0;
  for (const each of PURPOSES) {
    taken += used[each];
    if (each !== purpose) kept += Math.max(0, Math.floor((reserved[each] ?? 0) * limit) - used[each]);
  }
  return taken + kept < limit;
}
