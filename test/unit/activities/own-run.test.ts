import { expect, it } from 'vitest';
import { judgeOwnRun, type OwnActivity, type RunDescription } from '../../../activities/own-run.js';

it.each<[RunDescription | 'not-found', string]>([
  [{ status: 'RUNNING' }, 'owned'],
  [{ status: 'CONTINUED_AS_NEW' }, 'owned'],
  [{ status: 'CANCELLED' }, 'owned'],
  [{ status: 'FAILED' }, 'owned'],
  [{ status: 'COMPLETED' }, 'owned'],
  [{ status: 'TERMINATED' }, 'orphaned'],
  [{ status: 'TIMED_OUT' }, 'orphaned'],
  [{ status: 'TERMINATED', resetRunId: 'next' }, 'owned'],
  ['not-found', 'orphaned'],
])('judges the jobs of a run that is %j to be %s', (run, expected) => {
  expect(judgeOwnRun(run)).toBe(expected);
});

it.each<[OwnActivity, RunDescription, string]>([
  // It closed, and let go of what it had not ended.
  ['waits', { status: 'FAILED', activity: 'under-way' }, 'orphaned'],
  ['waits', { status: 'COMPLETED', activity: 'under-way' }, 'orphaned'],
  // It ended the wait, and settled the job.
  ['waits', { status: 'CANCELLED', activity: 'cancelled' }, 'owned'],
  ['waits', { status: 'RUNNING', activity: 'under-way' }, 'owned'],
  // The run after it was told of no job.
  ['waits', { status: 'CONTINUED_AS_NEW', activity: 'under-way' }, 'orphaned'],
  ['waits', { status: 'TERMINATED', resetRunId: 'next', activity: 'under-way' }, 'owned'],
  // Nobody was told of its handle.
  ['submits', { status: 'TERMINATED', resetRunId: 'next', activity: 'under-way' }, 'orphaned'],
  ['submits', { status: 'FAILED', activity: 'under-way' }, 'orphaned'],
  ['submits', { status: 'CANCELLED', activity: 'cancelled' }, 'orphaned'],
  ['submits', { status: 'CONTINUED_AS_NEW', activity: 'under-way' }, 'orphaned'],
  ['submits', { status: 'RUNNING', activity: 'under-way' }, 'owned'],
  // It ended for the run, which perhaps knows the job by its webhook.
  ['submits', { status: 'COMPLETED' }, 'owned'],
  ['submits', { status: 'TERMINATED', resetRunId: 'next' }, 'owned'],
])('judges the job that an activity %s for, of a run that is %j, to be %s', (own, run, expected) => {
  expect(judgeOwnRun(run, own)).toBe(expected);
});
