import { describe, expect, it } from 'vitest';
import type { SettleRunResult } from '../../../activities/contract.js';
import type { ReapState } from '../../../workflows/reap-contract.js';
import { addRuns, listFrom, NOTHING_YET, nextState, stillLeft } from '../../../workflows/reap-progress.js';

const NOON = Date.parse('2026-01-01T12:00:00.000Z');
const at = (minutes: number) => new Date(NOON + minutes * 60_000).toISOString();
const run = (runId: string, closedAt?: string) => ({
  workflowId: `job:${runId}`,
  runId,
  ...(closedAt && { closedAt }),
});
const result = (more: Partial<SettleRunResult> = {}): SettleRunResult => ({
  outcomes: {},
  jobs: [],
  suspectedDuplicates: 0,
  ...more,
});
const BEFORE: ReapState = {
  through: at(0),
  done: [{ runId: 'old', closedAt: at(-4) }],
  left: [
    { workflowId: 'job:left', runId: 'left', until: at(60) },
    { workflowId: 'job:over', runId: 'over', until: at(-1) },
  ],
};

describe('the state that one pass hands to the next', () => {
  it('lists from some minutes before the last pass ended, and knows what was listed then', () => {
    expect(listFrom(BEFORE)).toBe(at(-5));
    const next = nextState(BEFORE, [{ run: run('new', at(1)), result: result() }], at(2), NOON);
    expect(next).toMatchObject({ through: at(2), done: [{ runId: 'new', closedAt: at(1) }] });
  });

  it('keeps runs with a job that was not seen to end, until its provider has deleted it', () => {
    expect(stillLeft(BEFORE, NOON).map(({ runId }) => runId)).toEqual(['left']);
    const reaped = [{ run: run('new', at(1)), result: result({ unconfirmedUntil: at(90) }) }];
    expect(nextState(BEFORE, reaped, at(2), NOON).left).toEqual([
      { workflowId: 'job:left', runId: 'left', until: at(60) },
      { workflowId: 'job:new', runId: 'new', until: at(90) },
    ]);
  });

  it('forgets one that was settled when it was looked at again', () => {
    const reaped = [{ run: run('left'), result: result({ outcomes: { stopped: 1 } }) }];
    expect(nextState(BEFORE, reaped, at(2), NOON).left).toEqual([]);
  });

  it('keeps one that could not be looked at for as long as a job may live', () => {
    expect(nextState(undefined, [{ run: run('new', at(1)) }], at(2), NOON).left).toMatchObject([
      { runId: 'new', until: at(7 * 24 * 60) },
    ]);
  });

  it('remembers no more of a mass of runs than fits', () => {
    const reaped = Array.from({ length: 600 }, (_, n) => ({ run: run(`${n}`, at(1)), result: result() }));
    const { done } = nextState(undefined, reaped, at(2), NOON);
    expect(done).toHaveLength(500);
    expect(done.at(-1)).toMatchObject({ runId: '599' });
  });
});

describe('the report', () => {
  it('adds up what all passes found', () => {
    const first = addRuns(NOTHING_YET, [
      { run: run('a', at(0)), result: result({ outcomes: { stopped: 2, ended: 1 }, suspectedDuplicates: 1 }) },
      { run: run('b', at(0)), result: result({ unreadable: 'no key' }) },
    ]);
    expect(addRuns(first, [{ run: run('c', at(0)), result: result({ outcomes: { stopped: 1 } }) }])).toEqual({
      runs: 3,
      outcomes: { stopped: 3, ended: 1 },
      jobs: [],
      suspectedDuplicates: 1,
      unreadable: [{ workflowId: 'job:b', runId: 'b', message: 'no key' }],
    });
  });
});
