import { describe, expect, it } from 'vitest';
import { onlyUnconfirmed } from '../../../workflows/jobs/job-record.js';
import { cutToBytes } from '../../../workflows/pipelines/child-id.js';
import { isSettlingWorthTelling, isWorthTelling } from '../../../workflows/pipelines/nested-reporter.js';
import { countsOf } from '../../../workflows/pipelines/pipeline-report.js';

describe('the id of a child', () => {
  it.each([
    ['is whole where there is room', 'order-17/scene', 20, 'order-17/scene'],
    ['is cut at bytes, not at characters', 'aé€', 3, 'aé'],
    ['keeps no half of a character', 'a🚤b', 4, 'a'],
    ['keeps one that fits to the byte', 'a🚤b', 5, 'a🚤'],
  ])('%s', (_, text, bytes, cut) => {
    expect(cutToBytes(text, bytes)).toBe(cut);
  });
});

describe('a report of a nested run', () => {
  it.each([
    ['each thing that is done, where there are few', { done: 1, failed: 0, total: 4 }, 0, true],
    ['nothing new', { done: 1, failed: 0, total: 4 }, 1, false],
    ['a failure as well', { done: 1, failed: 1, total: 4 }, 1, true],
    ['not yet, where there are many', { done: 49, failed: 0, total: 1_000 }, 0, false],
    ['a twentieth of many', { done: 49, failed: 1, total: 1_000 }, 0, true],
  ])('tells of %s', (_, counts, told, worth) => {
    expect(isWorthTelling(counts, told)).toBe(worth);
  });
});

describe('a report of the jobs that a nested run settles', () => {
  const [none, two] = [
    { done: 0, total: 0 },
    { done: 0, total: 2 },
  ];
  it.each([
    ['nothing, where there is nothing to settle', none, none, 'all', false],
    ['how many there are, once', two, none, 'first', true],
    ['nothing more than that, where it is one of several', { done: 2, total: 3 }, two, 'first', false],
    ['each that is settled, where there are few', { done: 1, total: 2 }, two, 'all', true],
    ['not yet, where there are many', { done: 49, total: 1_000 }, { done: 0, total: 1_000 }, 'all', false],
    ['a twentieth of many', { done: 50, total: 1_000 }, { done: 0, total: 1_000 }, 'all', true],
    ['twice as many as were known, of several too', { done: 0, total: 4 }, two, 'first', true],
  ] as const)('tells of %s', (_, settling, told, asked, worth) => {
    expect(isSettlingWorthTelling(settling, told, asked)).toBe(worth);
  });
});

describe('what a nested run tells', () => {
  it('counts all its steps but those that were skipped', () => {
    const steps = {
      draw: { status: 'completed', done: 9, failed: 1, total: 10 },
      never: { status: 'skipped', done: 0, failed: 0, total: 1 },
      last: { status: 'pending', done: 0, failed: 0, total: 1 },
    } as const;
    expect(countsOf({ steps })).toEqual({ done: 9, failed: 1, total: 11 });
  });

  it('names the jobs that may still run, and counts the others alone', () => {
    const handle = (jobId: string) => ({
      ...{ provider: 'local', endpointId: 'draw', jobId, submittedAt: '2026-03-01T10:00:00Z', ttlMs: 1 },
    });
    const usage = { jobs: 102, executionMs: 5, wastedMs: 0 };
    const jobs = [
      { handle: handle('a'), settled: 'unconfirmed' },
      { handle: handle('b'), settled: 'stopped' },
    ] as const;
    expect(onlyUnconfirmed({ jobs, more: 100, suspectedDuplicates: 1, usage })).toEqual({
      jobs: [jobs[0]],
      suspectedDuplicates: 1,
      usage,
    });
  });
});
