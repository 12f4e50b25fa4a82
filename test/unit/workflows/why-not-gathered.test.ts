import {
  ActivityFailure,
  ApplicationFailure,
  CancelledFailure,
  RetryState,
  TimeoutFailure,
  TimeoutType,
} from '@temporalio/common';
import { expect, it } from 'vitest';
import { whyNotGathered } from '../../../workflows/slices/slice-children.js';

const failed = (cause: Error) =>
  new ActivityFailure('Activity task failed', 'gather', 'id', RetryState.NON_RETRYABLE_FAILURE, 'worker', cause);

it.each([
  ['too much', failed(ApplicationFailure.nonRetryable('nested too deep', 'ValueTooLarge')), 'ValueTooLarge'],
  [
    'a part that is gone',
    failed(ApplicationFailure.nonRetryable('artifact x is not in y', 'InputRejected')),
    'InputRejected',
  ],
  [
    'a store that is away',
    failed(ApplicationFailure.retryable('the store does not answer', 'StoreUnavailable')),
    'StepFailed',
  ],
  ['time', failed(new TimeoutFailure('activity timed out', undefined, TimeoutType.SCHEDULE_TO_CLOSE)), 'StepFailed'],
  ['a cancel', failed(new CancelledFailure('cancelled')), 'StepFailed'],
  ['anything else', new Error('a bug'), 'StepFailed'],
])('results that were not joined for %s say so', (_, error, type) => {
  const message = (error instanceof ActivityFailure ? error.cause : error)?.message;
  expect(whyNotGathered(error)).toEqual({ type, message: `its results could not be joined: ${message}` });
});
