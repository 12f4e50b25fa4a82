import { describe, expect, it } from 'vitest';
import { JobRecord } from '../../../workflows/jobs/job-record.js';
import { type SliceItem, type SliceView, sliceDetails } from '../../../workflows/slices/slice-details.js';

const START = Date.parse('2026-03-01T10:00:00.000Z');
const SPAN = { startMs: START, nowMs: START + 12_000 };

const handle = (jobId: string) => ({
  provider: 'local',
  endpointId: 'draw',
  jobId,
  submittedAt: new Date(START).toISOString(),
  ttlMs: 1,
});

function recordOf(...outcomes: readonly ('COMPLETED' | 'JobFailed' | 'CANCELLED')[]): JobRecord {
  const record = new JobRecord();
  for (const [at, outcome] of outcomes.entries()) {
    record.add(
      { endpoint: 'local/draw', handle: handle(`j${at}`), jobId: `j${at}`, outcome },
      { delayTimeMs: 40, executionTimeMs: 1_000 },
    );
  }
  return record;
}

const completed = (): SliceItem => ({ account: recordOf('COMPLETED'), end: 'completed' });
const failed = (): SliceItem => ({ account: recordOf('JobFailed', 'JobFailed'), end: 'failed' });
function underWay(): SliceItem {
  const record = new JobRecord();
  record.enter({ phase: 'awaiting', endpoint: 'local/draw', handle: handle('now') });
  return { account: record };
}
const times = (count: number, make: () => SliceItem) => Array.from({ length: count }, make);

/** As it is read: without the space that holds the columns apart, and without escapes. */
function linesOf(view: Partial<SliceView>): string[] {
  const text = sliceDetails({ status: 'running', from: 200, total: 100, started: [], ...view }, SPAN);
  return text.replaceAll('\u00a0', '').replaceAll('\\', '').split(/\n+/);
}

/** The cells of the table's rows, without its head. */
const rowsOf = (lines: readonly string[]) =>
  lines
    .filter((line) => line.startsWith('|'))
    .slice(2)
    .map((line) => line.slice(2, -2).split(' | '));

describe('the table of a slice', () => {
  it('shows of a nested pipeline whether it is over, and counts what it used', () => {
    const settlement = { jobs: [], suspectedDuplicates: 0, usage: { jobs: 3, executionMs: 2_000, wastedMs: 0 } };
    const lines = linesOf({ started: [{ account: settlement, end: 'completed' }, {}] });
    expect(rowsOf(lines)).toEqual([
      ['200', 'nested pipeline', 'completed', '', '', '', ''],
      ['201', 'nested pipeline', 'running', '', '', '', ''],
    ]);
    expect(lines.at(-1)).toBe('3 jobs ended, 2.0s of execution.');
  });

  it('counts its items, and shows each with its last attempt under its index in the whole list', () => {
    const lines = linesOf({ started: [completed(), failed(), underWay()] });
    expect(lines[0]).toBe('**Running** for 12s, as of 2026-03-01 10:00:12 UTC.');
    expect(lines[1]).toBe('1 of 100 items done, **1** failed, 1 under way, 97 not started.');
    expect(rowsOf(lines)).toEqual([
      ['200', 'local/draw', 'COMPLETED', '40ms', '1.0s', 'j0', ''],
      ['201', 'local/draw', 'JobFailed', '40ms', '1.0s', 'j1', '**2**'],
      ['202', 'local/draw', 'awaiting', '', '', 'now', ''],
    ]);
    expect(lines.at(-1)).toBe('3 jobs ended, 3.0s of execution, 2.0s of it without a result.');
  });

  it('counts the attempt that is under way after one that failed', () => {
    const record = recordOf('JobFailed');
    record.enter({ phase: 'submitting', endpoint: 'local/spare' });
    expect(rowsOf(linesOf({ started: [{ account: record }] }))).toEqual([
      ['200', 'local/spare', 'submitting', '', '', '', '**2**'],
    ]);
  });

  it('has room for twenty rows: first what failed or is under way, then what ended last', () => {
    const started = [failed(), ...times(50, completed), ...times(10, underWay)];
    const lines = linesOf({ started });
    const indexes = rowsOf(lines).map(([index]) => Number(index));
    expect(indexes).toEqual([200, ...range(242, 250), ...range(251, 260)]);
    expect(lines).toContain('41 more items.');
  });

  it('counts those under way that have no room', () => {
    const lines = linesOf({ started: times(30, underWay) });
    expect(rowsOf(lines)).toHaveLength(20);
    expect(lines).toContain('10 more items.');
  });

  it('says nothing of items that are not known', () => {
    const text = sliceDetails({ status: 'failed', from: 0, started: [] }, SPAN);
    expect(text).toBe('**Failed** after 12s.');
  });

  it('tells of a cancelled slice what became of its jobs', () => {
    const lines = linesOf({
      status: 'cancelled',
      started: [
        completed(),
        { account: recordOf('CANCELLED'), end: 'cancelled' },
        { account: new JobRecord(), end: 'cancelled' },
      ],
    });
    expect(lines[0]).toBe('**Cancelled** after 12s.');
    expect(lines[1]).toBe('1 of 100 items done, 2 cancelled, 97 not started.');
    expect(rowsOf(lines).map(([, , outcome]) => outcome)).toEqual(['COMPLETED', 'CANCELLED', 'cancelled']);
  });
});

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, at) => from + at);
}
