import { describe, expect, it } from 'vitest';
import { accountFor, isClean, ROWS, totalsOf } from '../../../chaos/accounting/account.js';
import type { Evidence, RemoteJob, RunRecord } from '../../../chaos/accounting/evidence.js';

const MINUTE = 60_000;
const NOW = 10 * MINUTE;

/** A job that ran from the first to the second minute for the only unit of run `a`. */
function job(id: string, more: Partial<RemoteJob> = {}): RemoteJob {
  const usual = { run: 'a', unit: 'u', status: 'COMPLETED', acceptedAt: MINUTE, endedAt: 2 * MINUTE } as const;
  return { id, ...usual, ...more };
}

function live(id: string, more: Partial<RemoteJob> = {}): RemoteJob {
  const { endedAt: _, ...rest } = job(id, { status: 'IN_PROGRESS', ...more });
  return rest;
}

/** Run `a`, which completed in the third minute and knows these jobs. */
function run(known: readonly string[], more: Partial<RunRecord> = {}): RunRecord {
  return {
    ...{ run: 'a', end: 'completed', closedAt: 3 * MINUTE, known: new Set(known), resultOf: new Set(known) },
    ...{
      withoutOutput: new Set<string>(),
      settled: new Set<string>(),
      gaveUp: new Set<string>(),
      suspectedDuplicates: 0,
      failedTasks: 0,
    },
    ...more,
  };
}

function evidence(jobs: readonly RemoteJob[], ...runs: readonly RunRecord[]): Evidence {
  return { jobs, runs, takenAt: NOW };
}

/** The rows that are not 0. */
function counted(found: Evidence): Record<string, number> {
  const account = accountFor(found);
  return Object.fromEntries(ROWS.flatMap((row) => (account[row].value === 0 ? [] : [[row, account[row].value]])));
}

const suspected = (count: number) => ({ suspectedDuplicates: count });

describe('the account of a proof', () => {
  it.for<[string, Evidence, Record<string, number>]>([
    ['a run that followed its job to the end', evidence([job('1')], run(['1'])), {}],
    ['no run that a job was for', evidence([job('1', { run: 'b' })], run([])), { unknown: 1 }],
    [
      'a job that its run does not mention',
      evidence([job('1'), job('2', { unit: 'v' })], run(['1'])),
      { unknown: 1, lostResults: 1 },
    ],
    [
      'a job more than its run knows, done twice',
      evidence([job('1'), job('2', { acceptedAt: 1.5 * MINUTE })], run(['2'])),
      { unknown: 1, unreportedDuplicates: 1 },
    ],
    [
      'the same, where the run suspected it',
      evidence([job('1'), job('2', { acceptedAt: 1.5 * MINUTE })], run(['2'], suspected(1))),
      {},
    ],
    [
      'a second one, where the run suspected one',
      evidence(
        [job('1'), job('2', { acceptedAt: 1.2 * MINUTE }), job('3', { acceptedAt: 1.5 * MINUTE })],
        run(['3'], suspected(1)),
      ),
      { unknown: 1, unreportedDuplicates: 1 },
    ],
    ['a suspicion without a duplicate', evidence([job('1')], run(['1'], suspected(1))), {}],
    [
      'a retry of a job that had failed',
      evidence([job('1', { status: 'FAILED' }), job('2', { acceptedAt: 2 * MINUTE })], run(['1', '2'])),
      {},
    ],
    [
      'a known job that was asked for again while it ran',
      evidence([job('1'), job('2', { acceptedAt: 1.5 * MINUTE })], run(['1', '2'])),
      { unreportedDuplicates: 1 },
    ],
    [
      'the same, where the run settled the first',
      evidence(
        [job('1', { status: 'CANCELLED' }), job('2', { acceptedAt: 1.5 * MINUTE })],
        run(['1', '2'], { settled: new Set(['1']) }),
      ),
      {},
    ],
    [
      'a job that was done again, since its output was lost',
      evidence(
        [job('1'), job('2', { acceptedAt: 2.5 * MINUTE })],
        run(['1', '2'], { withoutOutput: new Set(['1']), resultOf: new Set(['2']) }),
      ),
      {},
    ],
    ['a job that ended a minute after its run', evidence([job('1', { endedAt: 4 * MINUTE })], run(['1'])), {}],
    ['one that ended later', evidence([job('1', { endedAt: 4 * MINUTE + 1 })], run(['1'])), { leftRunning: 1 }],
    ['one that still runs', evidence([live('1')], run(['1'], { end: 'terminated' })), { leftRunning: 1 }],
    [
      'one that still runs, and is suspected',
      evidence([job('1'), live('2', { acceptedAt: MINUTE / 2 })], run(['1'], suspected(1))),
      {},
    ],
    [
      'a result that its run did not get',
      evidence([job('1')], run(['1'], { end: 'failed', resultOf: new Set() })),
      { lostResults: 1 },
    ],
    [
      'the same of a job that its run did not want any more',
      evidence([job('1')], run(['1'], { end: 'failed', resultOf: new Set(), gaveUp: new Set(['1']) })),
      {},
    ],
    [
      'the same of a run that somebody ended',
      evidence([job('1')], run(['1'], { end: 'cancelled', resultOf: new Set() })),
      {},
    ],
    [
      'a run that is open, and a task that failed',
      evidence([], run([], { end: 'open', failedTasks: 1 })),
      { stuck: 2 },
    ],
  ])('counts %s', ([, found, expected]) => {
    expect(counted(found)).toEqual(expected);
  });

  it('excuses the job that runs the longest of those that are suspected, and no other', () => {
    const jobs = [job('1'), live('2', { acceptedAt: 0 }), live('3', { acceptedAt: 0 })];
    expect(counted(evidence(jobs, run(['1'], suspected(1))))).toEqual({
      unknown: 1,
      leftRunning: 1,
      unreportedDuplicates: 1,
    });
  });

  it('names what it counts, so that somebody can look', () => {
    expect(accountFor(evidence([job('7')], run([]))).unknown.examples).toEqual(['job 7 (COMPLETED) for u of a']);
  });

  it('is clean when every run has ended, every job but suspected ones, and nothing counts', () => {
    expect(isClean(evidence([job('1')], run(['1'])))).toBe(true);
    expect(isClean(evidence([job('1')], run(['1'], { end: 'open' })))).toBe(false);
    expect(isClean({ ...evidence([live('1')], run(['1'])), takenAt: 3 * MINUTE })).toBe(false);
    expect(isClean(evidence([job('1'), live('2', { acceptedAt: 0 })], run(['1'], suspected(1))))).toBe(true);
    // The reaper may not have come yet.
    expect(isClean(evidence([job('1')], run([], { end: 'terminated' })))).toBe(false);
  });

  it('says how much there was, and how runs ended that nobody meant to end', () => {
    const others = [run([], { run: 'b', end: 'failed', failure: 'JobLost' }), run([], { run: 'c', end: 'cancelled' })];
    const found = evidence([job('1'), job('2')], run(['1'], suspected(2)), ...others);
    expect(totalsOf(found, (id) => id !== 'c')).toEqual({
      ...{ runs: 3, jobs: 2, ends: { completed: 1, failed: 1, cancelled: 1 } },
      ...{ leftAlone: { runs: 2, completed: 1 }, failures: { JobLost: 1 } },
      ...{ suspectedDuplicates: 2, actualDuplicates: 1 },
    });
  });
});
