import { describe, expect, it } from 'vitest';
import { describeSettlement, describeStatus, describeUsage } from '../../../cli/describe-run.js';
import type { Settlement, SettleOutcome } from '../../../workflows/contract.js';

const usage = { jobs: 2, executionMs: 12_340, wastedMs: 0 };

describe('usage', () => {
  it.each([
    [usage, '2 jobs, 12.3 s of execution'],
    [{ ...usage, jobs: 1, wastedMs: 500 }, '1 job, 12.3 s of execution (0.5 s wasted)'],
    [{ ...usage, estimatedCostUsd: 0.0018234 }, '2 jobs, 12.3 s of execution, about $0.0018'],
    [{ ...usage, estimatedCostUsd: 0 }, '2 jobs, 12.3 s of execution'],
  ])('%j reads %s', (given, text) => {
    expect(describeUsage(given)).toBe(text);
  });
});

function settlement(outcomes: readonly SettleOutcome[], more: Partial<Settlement> = {}): Settlement {
  const handle = { provider: 'runpod', endpointId: 'abc', submittedAt: '2026-01-01T00:00:00Z', ttlMs: 1 };
  const jobs = outcomes.map((settled, index) => ({ handle: { ...handle, jobId: `job-${index}` }, settled }));
  return { jobs, suspectedDuplicates: 0, usage, ...more };
}

describe('a settlement', () => {
  it('counts what became of the jobs', () => {
    expect(describeSettlement(settlement(['stopped', 'finished-first', 'stopped'], { more: 7 }))).toBe(
      'remote jobs: 2 stopped, 1 finished first, 7 more',
    );
  });

  it('names each job that may still run', () => {
    expect(describeSettlement(settlement(['stopped', 'unconfirmed']))).toBe(
      'remote jobs: 1 stopped, 1 NOT confirmed\n  runpod/abc job-1 may still run, and cost: check it at the provider',
    );
  });

  it('says that there was none', () => {
    expect(describeSettlement(settlement([]))).toBe('no remote job was open');
  });

  it('tells of submits that got no answer', () => {
    expect(describeSettlement(settlement([], { suspectedDuplicates: 1 }))).toContain('1 submit got no answer');
  });
});

describe('a status', () => {
  it('says where the steps stand, what is awaited and what went wrong last', () => {
    const status = {
      workflowId: 'pipeline:1',
      runId: 'r1',
      type: 'pipeline',
      status: 'running',
      startedAt: '2026-01-01T00:00:00.000Z',
      historyEvents: 20,
      pendingActivities: [
        {
          type: 'submitJob',
          activityId: 'draw/submit-1',
          attempt: 3,
          state: 'scheduled',
          lastFailure: { type: 'Unavailable', message: 'connection refused' },
          nextAttemptAt: '2026-01-01T00:00:09.000Z',
        },
      ],
      workflowTaskAttempt: 4,
    } as const;
    const steps = { draw: { status: 'running', done: 1, total: 3, failed: 0 } } as const;
    expect(describeStatus(status, { status: 'running', steps, usage })).toBe(`pipeline:1: running
  type     pipeline
  run id   r1
  started  2026-01-01T00:00:00.000Z
steps:
  draw: running, 1 of 3
2 jobs, 12.3 s of execution
waiting for:
  submitJob (draw/submit-1), attempt 3, last: Unavailable: connection refused, next attempt 2026-01-01T00:00:09.000Z
its workflow task fails, attempt 4: see the worker's log`);
  });

  const left = { type: 'awaitJob', activityId: 'job/await-1', attempt: 1, state: 'running' } as const;

  it('of a closed run says how long it took', () => {
    const status = {
      workflowId: 'job:1',
      runId: 'r1',
      type: 'job',
      status: 'cancelled',
      startedAt: '2026-01-01T00:00:00.000Z',
      closedAt: '2026-01-01T00:01:30.000Z',
      historyEvents: 20,
      pendingActivities: [left],
      settlement: settlement(['gone']),
    } as const;
    expect(describeStatus(status, undefined)).toBe(`job:1: cancelled after 90.0 s
  type     job
  run id   r1
  started  2026-01-01T00:00:00.000Z
  closed   2026-01-01T00:01:30.000Z
remote jobs: 1 gone`);
  });

  it('of a run that was ended from outside names what it was waiting for', () => {
    const status = {
      workflowId: 'job:1',
      runId: 'r1',
      type: 'job',
      status: 'terminated',
      startedAt: '2026-01-01T00:00:00.000Z',
      closedAt: '2026-01-01T00:01:30.000Z',
      historyEvents: 20,
      pendingActivities: [left],
    } as const;
    expect(describeStatus(status, undefined)).toContain('it was waiting for:\n  awaitJob (job/await-1)');
  });
});
