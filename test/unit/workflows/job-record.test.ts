import { describe, expect, it } from 'vitest';
import { JobRecord, settlementOf, totalUsage, unsettledHandles } from '../../../workflows/jobs/job-record.js';

const handle = (jobId: string) => ({
  provider: 'p',
  endpointId: 'e',
  jobId,
  submittedAt: '2026-01-01T00:00:00.000Z',
  ttlMs: 1,
});
const attempt = (jobId: string, outcome: 'COMPLETED' | 'JobFailed' | 'CANCELLED') => ({
  endpoint: 'p/e',
  handle: handle(jobId),
  jobId,
  outcome,
});

describe('JobRecord', () => {
  it('counts the time of failed attempts as wasted, and only that', () => {
    const record = new JobRecord();
    record.add(attempt('a', 'JobFailed'), { executionTimeMs: 30, estimatedCostUsd: 0.3 });
    record.add(attempt('b', 'COMPLETED'), { executionTimeMs: 50, estimatedCostUsd: 0.5 });
    expect(record.usage).toEqual({ jobs: 2, executionMs: 80, wastedMs: 30, estimatedCostUsd: 0.8 });
  });

  it('leaves the cost out once a job that ran has no price', () => {
    const record = new JobRecord();
    record.add(attempt('a', 'COMPLETED'), { executionTimeMs: 30 });
    record.add(attempt('b', 'COMPLETED'), { executionTimeMs: 50, estimatedCostUsd: 0.5 });
    expect(record.usage.estimatedCostUsd).toBeUndefined();
  });

  it('counts an ambiguous submit as a suspected duplicate and not as a job', () => {
    const record = new JobRecord();
    record.add({ endpoint: 'p/e', outcome: 'SubmitAmbiguous' });
    expect(record.suspectedDuplicates).toBe(1);
    expect(record.usage.jobs).toBe(0);
  });

  it('makes of a suspected duplicate a known job, whose time was wasted, once', () => {
    const record = new JobRecord();
    record.add({ endpoint: 'p/e', outcome: 'SubmitAmbiguous' });
    record.add(attempt('b', 'COMPLETED'), { executionTimeMs: 50 });
    for (const index of [0, 0, 1, 2]) record.identify(index, handle('a'), 'finished-first', { executionTimeMs: 30 });
    expect(record.attempts).toEqual([
      {
        ...{ endpoint: 'p/e', outcome: 'SubmitAmbiguous', handle: handle('a'), jobId: 'a' },
        ...{ settled: 'finished-first', executionTimeMs: 30 },
      },
      { ...attempt('b', 'COMPLETED'), executionTimeMs: 50 },
    ]);
    expect(record.suspectedDuplicates).toBe(0);
    expect(record.usage).toMatchObject({ jobs: 2, executionMs: 80, wastedMs: 30 });
  });
});

describe('settlementOf', () => {
  it('names what may still run first, and counts what does not fit', () => {
    const record = new JobRecord();
    for (let i = 0; i < 120; i++)
      record.add({ ...attempt(`${i}`, 'CANCELLED'), settled: i === 119 ? 'unconfirmed' : 'stopped' });
    const settlement = settlementOf([record]);
    expect(settlement.jobs[0]).toEqual({ handle: handle('119'), settled: 'unconfirmed' });
    expect(settlement.jobs).toHaveLength(100);
    expect(settlement.more).toBe(20);
    expect(unsettledHandles([record])).toEqual([handle('119')]);
    expect(totalUsage([record]).jobs).toBe(120);
  });
});
