import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { readAwaitFailure, readSubmitFailure, unwrapFailure } from '../../../workflows/jobs/read-failure.js';

const handle = { provider: 'p', endpointId: 'e', jobId: 'j', submittedAt: '2026-01-01T00:00:00.000Z', ttlMs: 1 };

function activityFailure(cause: Error, retryState: RetryState = RetryState.NON_RETRYABLE_FAILURE): ActivityFailure {
  return new ActivityFailure('Activity task failed', 'submitJob', 'id', retryState, 'worker', cause);
}
const timeout = (details: unknown) => new TimeoutFailure('heartbeat', details, TimeoutType.HEARTBEAT);

describe('readSubmitFailure', () => {
  it.each([
    ['a dead worker that had sent nothing', activityFailure(timeout(undefined)), { kind: 'safe-to-repeat' }],
    ['a dead worker that was refused', activityFailure(timeout({ phase: 'refused' })), { kind: 'safe-to-repeat' }],
    ['a dead worker in mid-POST', activityFailure(timeout({ phase: 'sending' })), { kind: 'ambiguous' }],
    [
      'a dead worker in mid-POST whose handler knows the submit',
      activityFailure(timeout({ phase: 'sending', correlationKey: 'run-1' })),
      { kind: 'ambiguous', correlationKey: 'run-1' },
    ],
    [
      'a dead worker that had the answer',
      activityFailure(timeout({ phase: 'accepted', handle })),
      { kind: 'accepted', handle },
    ],
    [
      'a lost answer',
      activityFailure(ApplicationFailure.nonRetryable('lost', 'SubmitAmbiguous', { phase: 'sending' })),
      { kind: 'ambiguous', message: 'lost' },
    ],
    [
      'a refused request',
      activityFailure(ApplicationFailure.nonRetryable('no key', 'Unauthorized', { phase: 'refused' })),
      { kind: 'refused', type: 'Unauthorized', message: 'no key' },
    ],
    [
      'a cancel before anything was sent',
      activityFailure(new CancelledFailure('cancelled', [{ phase: 'refused' }])),
      { kind: 'cancelled' },
    ],
    ['a cancel in backoff', activityFailure(new CancelledFailure('cancelled')), { kind: 'cancelled' }],
    [
      'a refusal after a cancel was asked for',
      activityFailure(
        ApplicationFailure.create({ message: 'down', type: 'Unavailable', details: [{ phase: 'refused' }] }),
        RetryState.CANCEL_REQUESTED,
      ),
      { kind: 'cancelled' },
    ],
    ['a cancel before it was scheduled', new CancelledFailure('cancelled'), { kind: 'cancelled' }],
  ])('reads %s', (_, failure, expected) => {
    expect(readSubmitFailure(failure)).toMatchObject(expected);
  });
});

describe('readAwaitFailure', () => {
  const details = { jobId: 'j', ended: true, executionTimeMs: 5 };
  it.each([
    [
      'a job that failed',
      activityFailure(ApplicationFailure.nonRetryable('boom', 'JobFailed', details)),
      { kind: 'failed', type: 'JobFailed', details },
    ],
    ['a cancel', activityFailure(new CancelledFailure('cancelled')), { kind: 'cancelled' }],
    [
      'a window that ended while a cancel was asked for',
      activityFailure(ApplicationFailure.create({ message: 'later', type: 'JobPending' }), RetryState.CANCEL_REQUESTED),
      { kind: 'cancelled' },
    ],
    [
      'a retry delay beyond scheduleToClose',
      activityFailure(ApplicationFailure.create({ message: 'later', type: 'JobPending' }), RetryState.TIMEOUT),
      { kind: 'failed', type: 'JobLost' },
    ],
    [
      'scheduleToClose',
      activityFailure(new TimeoutFailure('', undefined, TimeoutType.SCHEDULE_TO_CLOSE)),
      { kind: 'failed', type: 'JobLost' },
    ],
  ])('reads %s', (_, failure, expected) => {
    expect(readAwaitFailure(failure)).toMatchObject(expected);
  });
});

describe('unwrapFailure', () => {
  it('puts the type and details of the cause in the place of "Activity task failed"', () => {
    const failure = unwrapFailure(
      activityFailure(ApplicationFailure.nonRetryable('bad', 'DefinitionInvalid', { problems: [] })),
    );
    expect(failure).toMatchObject({
      message: 'bad',
      type: 'DefinitionInvalid',
      nonRetryable: true,
      details: [{ problems: [] }],
    });
  });
});
