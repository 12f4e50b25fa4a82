import { expect, it } from 'vitest';
import { judgeOwnRun, type RunDescription } from '../../../activities/own-run.js';

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
