import type { JobSettings } from '../plan.js';

/** What runs that were recorded without a setting keep to: the platform alone was given a moment. */
const UNSAID = { firstMs: 1_000, maxMs: 30_000 } as const;

/**
 * The pause before an extra job of a budget of which `used` are gone: it doubles each time, up to a bound. Half of it is
 * by chance, so that the jobs that one outage ended do not come back together.
 *
 * A queue is not mended by a moment: whoever waited for a worker in vain has waited long enough.
 */
export function backoffMs(
  { retry: { backoff } }: Pick<JobSettings, 'retry'>,
  budget: 'platform' | 'queue' | 'handler',
  used: number,
  random: () => number,
): number {
  if (budget === 'queue') return 0;
  if (backoff === undefined) return budget === 'platform' ? doubled(UNSAID, used) : 0;
  return Math.round(doubled(backoff, used) * (0.5 + random() / 2));
}

function doubled({ firstMs, maxMs }: { readonly firstMs: number; readonly maxMs: number }, times: number): number {
  return Math.min(firstMs * 2 ** times, maxMs);
}
