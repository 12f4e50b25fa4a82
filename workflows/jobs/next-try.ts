import type { Attempt, FailureClass, FailureType } from '../contract.js';
import type { JobSettings } from '../plan.js';
import { backoffMs } from './backoff.js';
import type { JobEnd } from './job-end.js';

/** How much of each budget a job has used, and where it has been. */
export interface Tries {
  readonly platform: number;
  readonly queue: number;
  readonly handler: number;
  /** Submits repeated because the fate of one was not known. */
  readonly resubmits: number;
  /** Indexes of the targets tried so far; the last is the current one. */
  readonly visited: readonly number[];
  /** Those that were passed over because their circuits were open. */
  readonly skipped?: readonly number[];
}

export const FIRST_TRY: Tries = { platform: 0, queue: 0, handler: 0, resubmits: 0, visited: [0] };

export type NextTry =
  | { readonly kind: 'give-up' }
  | { readonly kind: 'again'; readonly tries: Tries; readonly target: number; readonly delayMs: number };

const GIVE_UP: NextTry = { kind: 'give-up' };

/** Whether the list holds an endpoint that was not tried. */
export function hasUntried({ targets }: JobSettings, { visited }: Tries): boolean {
  return targets.some((_, index) => !visited.includes(index));
}

/** Where a job is tried beside one that is slow: an endpoint of the list that was not tried yet, else the next in turn. */
export function hedgeTarget({ targets }: JobSettings, { visited }: Tries): number {
  const untried = targets.findIndex((_, index) => !visited.includes(index));
  return untried >= 0 ? untried : ((visited.at(-1) ?? 0) + 1) % targets.length;
}

/** What a failure counts as. A bad input, a cancel by someone else and a run limit are not mended by another job. */
const CLASSES: Partial<Record<FailureType, FailureClass>> = {
  EndpointNotFound: 'endpoint',
  Unauthorized: 'endpoint',
  InsufficientCredit: 'endpoint',
  Unavailable: 'endpoint',
  RateLimited: 'endpoint',
  PlatformFailed: 'platform',
  JobLost: 'platform',
  QueueTimeout: 'queue',
  JobFailed: 'handler',
  OutputRejected: 'handler',
  SubmitAmbiguous: 'ambiguous',
};

export function failureClass(outcome: Attempt['outcome']): FailureClass | undefined {
  return outcome === 'COMPLETED' || outcome === 'CANCELLED' ? undefined : CLASSES[outcome];
}

/** Whether a job that failed so may well succeed at another endpoint, so that to name one is to allow it. */
export function maySucceedElsewhere(failure: FailureType): boolean {
  const failed = failureClass(failure);
  return failed === 'endpoint' || failed === 'platform' || failed === 'queue';
}

/**
 * Whether and where a job is tried again.
 *
 * An endpoint of the list that was not tried yet is free for failures of the platform and of the queue: to list it is to
 * allow it. After that each extra job is paid from the budget of its class, on the next endpoint of the list in turn. A
 * handler that failed is asked again on the same endpoint, and only by budget: a bad input fails everywhere. An ambiguous
 * submit is repeated once a job at most, where the settings allow it. Where the result of a lost job expired unread, the
 * work was perhaps done and paid for, so no endpoint is free.
 *
 * An endpoint that was passed over, because its circuit was open, is asked once more when no other took the job.
 *
 * @param random from 0 to 1, for the jitter; asked only where the pause has one, so that whose workflow asks it too sees
 * the same numbers at the replay of an older run
 */
export function nextTry(
  settings: JobSettings,
  tries: Tries,
  failure: Pick<Extract<JobEnd, { kind: 'failed' }>, 'type' | 'expired' | 'skipped'>,
  random: () => number,
): NextTry {
  const current = tries.visited.at(-1) ?? 0;
  const again = (target: number, change: Partial<Tries>, delayMs = 0): NextTry => ({
    kind: 'again',
    tries: { ...tries, ...change, visited: [...tries.visited, target] },
    target,
    delayMs,
  });

  const failed = failureClass(failure.type);
  if (failed === undefined) return GIVE_UP;
  if (failed === 'ambiguous') {
    if (settings.onAmbiguousSubmit === 'fail' || tries.resubmits > 0) return GIVE_UP;
    return again(current, { resubmits: tries.resubmits + 1 });
  }

  const untried = settings.targets.findIndex((_, index) => !tries.visited.includes(index));
  const skipped = [...(tries.skipped ?? []), ...(failure.skipped ? [current] : [])];
  if (untried >= 0 && maySucceedElsewhere(failure.type) && !failure.expired) {
    return again(untried, skipped.length === 0 ? {} : { skipped });
  }

  if (failed === 'endpoint') {
    const [back, ...rest] = skipped;
    return back === undefined ? GIVE_UP : again(back, { skipped: rest });
  }
  const used = tries[failed];
  if (used >= settings.retry[failed]) return GIVE_UP;
  const target = failed === 'handler' ? current : (current + 1) % settings.targets.length;
  return again(target, { [failed]: used + 1 }, backoffMs(settings, failed, used, random));
}
