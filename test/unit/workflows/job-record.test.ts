import { describe, expect, it } from 'vitest';
import { JobRecord, settlementOf, unsettledHandles } from '../../../workflows/jobs/job-record.js';
import { totalUsage } from '../../../workflows/jobs/usage.js';

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
    expect(record.usage).toEqual({
      ...{ jobs: 2, executionMs: 80, wastedMs: 30, estimatedCostUsd: 0.8 },
      wasted: { failuresMs: 30 },
    });
    expect(record.attempts.map(({ estimatedCostUsd }) => estimatedCostUsd)).toEqual([0.3, 0.5]);
  });

  it('leaves the cost out once a job that ran has no price', () => {
    const record = new JobRecord();
    record.add(attempt('a', 'COMPLETED'), { executionTimeMs: 30 });
    record.add(attempt('b', 'COMPLETED'), { executionTimeMs: 50, estimatedCostUsd: 0.5 });
    expect(record.usage.estimatedCostUsd).toBeUndefined();
  });

  it('tells when a worker took a job, unless the platform gave it to another', () => {
    const record = new JobRecord();
    record.add(attempt('a', 'COMPLETED'), { delayTimeMs: 1_500, executionTimeMs: 30 });
    record.add(attempt('b', 'COMPLETED'), { delayTimeMs: 1_500, executionTimeMs: 30, retries: 1 });
    record.add(attempt('c', 'CANCELLED'));
    expect(record.attempts.map(({ startedAt }) => startedAt)).toEqual([
      '2026-01-01T00:00:01.500Z',
      undefined,
      undefined,
    ]);
    expect(record.usage.queueMs).toBe(3_000);
  });

  it('takes a delay that leads to no date', () => {
    const record = new JobRecord();
    record.add(attempt('a', 'COMPLETED'), { delayTimeMs: 1e300 });
    expect(record.attempts.map(({ startedAt }) => startedAt)).toEqual([undefined]);
  });

  it('keeps attempts that are under way at once apart', () => {
    const record = new JobRecord();
    record.enter({ phase: 'awaiting', endpoint: 'p/e' }, 1);
    record.enter({ phase: 'submitting', endpoint: 'p/f' }, 2);
    expect(record.underWay.map(({ endpoint }) => endpoint)).toEqual(['p/e', 'p/f']);
    record.add(attempt('a', 'COMPLETED'), {}, 1);
    expect(record.underWay.map(({ endpoint }) => endpoint)).toEqual(['p/f']);
  });

  it('keeps attempts in the order of their submits, in whatever order they end', () => {
    const record = new JobRecord();
    record.add(attempt('b', 'COMPLETED'), {}, 2);
    record.add(attempt('a', 'CANCELLED'), {}, 1);
    expect(record.attempts.map(({ jobId }) => jobId)).toEqual(['a', 'b']);
  });

  it('tells wasted time by its reason', () => {
    const record = new JobRecord();
    record.add(attempt('a', 'JobFailed'), { executionTimeMs: 1 });
    record.add(attempt('b', 'CANCELLED'), { executionTimeMs: 20 });
    record.add({ ...attempt('c', 'CANCELLED'), superseded: true }, { executionTimeMs: 300 });
    record.add({ endpoint: 'p/e', outcome: 'SubmitAmbiguous' });
    record.identify(4, handle('d'), 'stopped', { executionTimeMs: 4_000 });
    record.add(attempt('e', 'COMPLETED'), { executionTimeMs: 50_000 });
    expect(record.usage).toMatchObject({
      executionMs: 54_321,
      wastedMs: 4_321,
      wasted: { failuresMs: 1, cancelsMs: 20, hedgesMs: 300, duplicatesMs: 4_000 },
    });
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
    for (const number of [1, 1, 2, 3]) record.identify(number, handle('a'), 'finished-first', { executionTimeMs: 30 });
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
