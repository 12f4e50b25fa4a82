import { describe, expect, it } from 'vitest';
import { JobRecord } from '../../../workflows/jobs/job-record.js';
import { settlingIn, totalSettling } from '../../../workflows/jobs/settling.js';

const handle = { provider: 'p', endpointId: 'e', jobId: 'j', submittedAt: '2026-01-01T00:00:00.000Z', ttlMs: 1 };

function recordIn(phase: 'awaiting' | 'settling' | 'settled' | 'completed'): JobRecord {
  const record = new JobRecord();
  const attempt = { endpoint: 'p/e', handle, jobId: 'j' };
  if (phase === 'settled') record.add({ ...attempt, outcome: 'CANCELLED', settled: 'stopped' });
  else if (phase === 'completed') record.add({ ...attempt, outcome: 'COMPLETED' });
  else record.enter({ phase, endpoint: 'p/e', handle });
  return record;
}

describe('how far a run is with settling', () => {
  it('counts the jobs that were under way then, and no others', () => {
    const records = (['awaiting', 'settling', 'settled', 'settled', 'completed'] as const).map(recordIn);
    expect(settlingIn(records)).toEqual({ done: 2, total: 3 });
  });

  it('does not count a job that a limit ended, which was no part of it', () => {
    const record = new JobRecord();
    record.add({ endpoint: 'p/e', handle, outcome: 'QueueTimeout', settled: 'stopped' });
    expect(settlingIn([record])).toEqual({ done: 0, total: 0 });
  });

  it('does not count a hedge that lost its race', () => {
    const record = new JobRecord();
    record.add({ endpoint: 'p/e', handle, outcome: 'CANCELLED', settled: 'stopped', superseded: true });
    expect(settlingIn([record])).toEqual({ done: 0, total: 0 });
  });

  it('is the sum of all parts that tell', () => {
    expect(totalSettling([{ done: 1, total: 2 }, undefined, { done: 3, total: 3 }])).toEqual({ done: 4, total: 5 });
  });
});
