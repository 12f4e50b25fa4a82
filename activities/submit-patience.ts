import { type JobApiError, RateLimited, Unauthorized, Unavailable } from '../job-api/errors.js';

/** How long a refused key is tried again where the provider refuses good ones too while it can't check them. */
const KEY_PATIENCE_MS = 60_000;

/**
 * Whether a submit that could be repeated is given up. Where another endpoint can take the job, a provider that takes
 * nothing for a while is. A key that is refused, though it may be for a moment, is so wherever the job could go: it may be
 * wrong for good.
 */
export function isPatienceOver(
  error: JobApiError,
  waitedMs: number,
  patienceMs: number = Number.POSITIVE_INFINITY,
): boolean {
  if (error instanceof Unauthorized) return waitedMs >= Math.min(patienceMs, KEY_PATIENCE_MS);
  return (error instanceof Unavailable || error instanceof RateLimited) && waitedMs >= patienceMs;
}
