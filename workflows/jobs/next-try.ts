import type { FailureType } from '../contract.js';
import type { JobSettings } from '../plan.js';

/** How much of each budget a job has used, and where it has been. */
export interface Tries {
  readonly platform: number;
  readonly queue: number;
  readonly handler: number;
  /** Submits repeated because the fate of one was not known. */
  readonly resubmits: number;
  /** Indexes of the targets tried so far; the last is the current one. */
  readonly visited: readonly number[];
}

export const FIRST_TRY: Tries = { platform: 0, queue: 0, handler: 0, resubmits: 0, visited: [0] };

export type NextTry =
  | { readonly kind: 'give-up' }
  | { readonly kind: 'again'; readonly tries: Tries; readonly target: number; readonly delayMs: number };

const GIVE_UP: NextTry = { kind: 'give-up' };

/** Failures that are the endpoint's or the account's, so that the same job may well run elsewhere. */
const ENDPOINT_FAILURES: ReadonlySet<FailureType> = new Set([
  'EndpointNotFound',
  'Unauthorized',
  'InsufficientCredit',
  'Unavailable',
  'RateLimited',
]);

/** Which budget pays for another job after a failure. A bad input, a cancel by someone else and a run limit have none. */
const BUDGETS: Partial<Record<FailureType, 'platform' | 'queue' | 'handler'>> = {
  PlatformFailed: 'platform',
  JobLost: 'platform',
  QueueTimeout: 'queue',
  JobFailed: 'handler',
  OutputRejected: 'handler',
};

/** Whether a job that failed so may well succeed at another endpoint, so that to name one is to allow it. */
export function maySucceedElsewhere(failure: FailureType): boolean {
  const budget = BUDGETS[failure];
  return ENDPOINT_FAILURES.has(failure) || budget === 'platform' || budget === 'queue';
}

/**
 * Whether and where a job is tried again.
 *
 * An endpoint of the list that was not tried yet is free for failures of the platform and of the queue: to list it is to
 * allow it. After that each extra job is paid from the budget of its class, on the next endpoint of the list in turn. A
 * handler that failed is asked again on the same endpoint, and only by budget: a bad input fails everywhere. An ambiguous
 * submit is repeated once a job at most, where the settings allow it.
 */
export function nextTry(settings: JobSettings, tries: Tries, failure: FailureType): NextTry {
  const current = tries.visited.at(-1) ?? 0;
  const again = (target: number, change: Partial<Tries>, delayMs = 0): NextTry => ({
    kind: 'again',
    tries: { ...tries, ...change, visited: [...tries.visited, target] },
    target,
    delayMs,
  });

  if (failure === 'SubmitAmbiguous') {
    if (settings.onAmbiguousSubmit === 'fail' || tries.resubmits > 0) return GIVE_UP;
    return again(current, { resubmits: tries.resubmits + 1 });
  }

  const untried = settings.targets.findIndex((_, index) => !tries.visited.includes(index));
  if (untried >= 0 && maySucceedElsewhere(failure)) return again(untried, {});

  const budget = BUDGETS[failure];
  if (budget === undefined) return GIVE_UP;
  const used = tries[budget];
  if (used >= settings.retry[budget]) return GIVE_UP;
  const target = budget === 'handler' ? current : (current + 1) % settings.targets.length;
  // A platform that just lost a job is given a moment; a handler or a queue is not mended by one.
  const delayMs = budget === 'platform' ? Math.min(1_000 * 2 ** used, 30_000) : 0;
  return again(target, { [budget]: used + 1 }, delayMs);
}
