import { describe, expect, it } from 'vitest';
import type { FailureType } from '../../../workflows/contract.js';
import { FIRST_TRY, hedgeTarget, maySucceedElsewhere, nextTry, type Tries } from '../../../workflows/jobs/next-try.js';
import type { JobSettings } from '../../../workflows/plan.js';

const target = (endpointId: string) => ({ endpoint: `p/${endpointId}`, provider: 'p', endpointId });

function settings(targets: number, over: Partial<JobSettings> = {}): JobSettings {
  return {
    targets: ['a', 'b', 'c'].slice(0, targets).map(target),
    timeouts: { queueMs: 1, runMs: 1 },
    retry: { platform: 2, queue: 1, handler: 1 },
    onAmbiguousSubmit: 'resubmit',
    ...over,
  };
}

/** Where a job goes through a series of failures: indexes of targets, ending where it gives up. */
function journey(plan: JobSettings, failures: readonly FailureType[]): (number | 'give-up')[] {
  let tries: Tries = FIRST_TRY;
  return failures.map((failure) => {
    const next = nextTry(plan, tries, { type: failure }, () => 0);
    if (next.kind === 'give-up') return 'give-up';
    tries = next.tries;
    return next.target;
  });
}

describe('nextTry', () => {
  it.each<[string, JobSettings, FailureType[], (number | 'give-up')[]]>([
    [
      'spends the platform budget on one endpoint',
      settings(1),
      ['PlatformFailed', 'JobLost', 'PlatformFailed'],
      [0, 0, 'give-up'],
    ],
    ['spends the queue budget on one endpoint', settings(1), ['QueueTimeout', 'QueueTimeout'], [0, 'give-up']],
    ['spends the handler budget on one endpoint', settings(1), ['JobFailed', 'OutputRejected'], [0, 'give-up']],
    [
      'keeps the budgets apart',
      settings(1),
      ['JobFailed', 'QueueTimeout', 'PlatformFailed', 'JobFailed'],
      [0, 0, 0, 'give-up'],
    ],
    [
      'goes through the list before it uses the budget',
      settings(3),
      ['QueueTimeout', 'QueueTimeout', 'QueueTimeout', 'QueueTimeout'],
      [1, 2, 0, 'give-up'],
    ],
    [
      'fails over without any budget',
      settings(2, { retry: { platform: 0, queue: 0, handler: 0 } }),
      ['PlatformFailed', 'PlatformFailed'],
      [1, 'give-up'],
    ],
    ['asks a failing handler again where it is', settings(2), ['JobFailed', 'JobFailed'], [0, 'give-up']],
    ['leaves an endpoint that is gone for the next', settings(2), ['EndpointNotFound', 'Unauthorized'], [1, 'give-up']],
    ['never repeats a bad input', settings(2), ['InvalidRequest'], ['give-up']],
    ['never repeats a body that is too large', settings(2), ['PayloadTooLarge'], ['give-up']],
    ['never repeats a job over its run limit', settings(2), ['RunTimeout'], ['give-up']],
    ['respects a cancel by someone else', settings(2), ['JobCancelled'], ['give-up']],
    ['repeats an ambiguous submit once', settings(2), ['SubmitAmbiguous', 'SubmitAmbiguous'], [0, 'give-up']],
    [
      'fails an ambiguous submit where told to',
      settings(2, { onAmbiguousSubmit: 'fail' }),
      ['SubmitAmbiguous'],
      ['give-up'],
    ],
  ])('%s', (_, plan, failures, expected) => {
    expect(journey(plan, failures)).toEqual(expected);
  });

  it('takes no free endpoint for a job whose result expired, since it was perhaps done and paid for', () => {
    const unpaid = settings(2, { retry: { platform: 0, queue: 0, handler: 0 } });
    expect(nextTry(unpaid, FIRST_TRY, { type: 'JobLost', expired: true }, () => 0)).toEqual({ kind: 'give-up' });
    expect(nextTry(unpaid, FIRST_TRY, { type: 'JobLost' }, () => 0)).toMatchObject({ target: 1 });
    const paid = nextTry(settings(2), FIRST_TRY, { type: 'JobLost', expired: true }, () => 0);
    expect(paid).toMatchObject({ target: 1, tries: { platform: 1 } });
  });

  it('goes back to endpoints that were passed over when no other took the job, once to each', () => {
    const plan = settings(3);
    const ends = [
      { type: 'Unavailable', skipped: true },
      { type: 'Unavailable', skipped: true },
      { type: 'Unavailable' },
      { type: 'Unavailable' },
      { type: 'Unavailable' },
    ] as const;
    let tries: Tries = FIRST_TRY;
    const places = ends.map((end) => {
      const next = nextTry(plan, tries, end, () => 0);
      if (next.kind === 'give-up') return 'give-up';
      tries = next.tries;
      return next.target;
    });
    expect(places).toEqual([1, 2, 0, 1, 'give-up']);
  });

  it('waits as it always has in runs that were recorded without a backoff', () => {
    const delays = (failure: FailureType, used: number) => {
      const next = nextTry(
        settings(1, { retry: { platform: 9, queue: 9, handler: 9 } }),
        { ...FIRST_TRY, platform: used },
        { type: failure },
        () => {
          throw new Error('no number is drawn, or those that the workflow of a user draws would be others');
        },
      );
      return next.kind === 'again' ? next.delayMs : undefined;
    };
    expect([0, 1, 2, 8].map((used) => delays('PlatformFailed', used))).toEqual([1_000, 2_000, 4_000, 30_000]);
    expect(delays('JobFailed', 0)).toBe(0);
    expect(delays('QueueTimeout', 0)).toBe(0);
  });
});

describe('hedgeTarget', () => {
  it.each<[string, number, number[], number]>([
    ['is an endpoint that was not tried', 3, [0], 1],
    ['is one that was not tried also after a failover', 3, [0, 2], 1],
    ['is the next in turn where all were', 2, [0, 1], 0],
    ['is the same where there is one', 1, [0], 0],
  ])('%s', (_, targets, visited, expected) => {
    expect(hedgeTarget(settings(targets), { ...FIRST_TRY, visited })).toBe(expected);
  });
});

describe('maySucceedElsewhere', () => {
  it.each<[FailureType, boolean]>([
    ['EndpointNotFound', true],
    ['Unauthorized', true],
    ['InsufficientCredit', true],
    ['Unavailable', true],
    ['RateLimited', true],
    ['PlatformFailed', true],
    ['JobLost', true],
    ['QueueTimeout', true],
    ['JobFailed', false],
    ['OutputRejected', false],
    ['InvalidRequest', false],
    ['RunTimeout', false],
    ['TotalTimeout', false],
    ['SubmitAmbiguous', false],
    ['JobCancelled', false],
  ])('says of %s: %s', (failure, expected) => {
    expect(maySucceedElsewhere(failure)).toBe(expected);
  });
});
