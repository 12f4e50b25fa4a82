import { describe, expect, it } from 'vitest';
import type { RecordedRun } from '../../../chaos/accounting/history.js';
import { relayRecords, standInRecords } from '../../../chaos/accounting/records.js';

function recorded(more: Partial<RecordedRun> & { readonly workflowId: string }): RecordedRun {
  return {
    ...{ runId: `${more.workflowId}#1`, rootId: more.workflowId, type: 'pipeline', end: 'completed', closedAt: 5 },
    ...{ activities: [], signals: [], outcome: undefined, memo: {}, failedTasks: 0, mentions: new Set<string>() },
    ...more,
  };
}

const job = (id: string) => ({ id, run: 'root', unit: 'u', status: 'COMPLETED', acceptedAt: 1, endedAt: 2 }) as const;
const handle = (jobId: string) => ({ handle: { jobId } });
const JOBS = [job('j1'), job('j2'), job('j3')];

describe('what a run of JobRelay has on record', () => {
  it('is that of the run and its children together', () => {
    const root = recorded({
      workflowId: 'root',
      mentions: new Set(['j1', 'of another']),
      outcome: { suspectedDuplicates: 3 },
      failedTasks: 1,
    });
    const outcome = { settlement: { suspectedDuplicates: 2 } };
    const child = recorded({
      workflowId: 'root/s',
      rootId: 'root',
      type: 'slice',
      mentions: new Set(['j2']),
      outcome,
      failedTasks: 1,
    });
    expect(relayRecords([root, child], [], JOBS)).toMatchObject([
      // A run that closed by itself speaks for its children.
      { run: 'root', end: 'completed', known: new Set(['j1', 'j2']), suspectedDuplicates: 3, failedTasks: 2 },
    ]);
  });

  it('tells results, lost outputs and settled jobs from what its activities answered', () => {
    const activities = [
      { type: 'awaitJob', input: handle('j1'), result: { output: 1 } },
      { type: 'awaitJob', input: handle('j2'), failureType: 'OutputRejected' },
      { type: 'cancelJob', input: handle('j3'), result: { outcome: 'finished-first', completed: { output: 1 } } },
      { type: 'cancelJob', input: handle('j4'), result: { outcome: 'unconfirmed' } },
      { type: 'awaitJob', input: handle('j5') },
      { type: 'cancelJob', input: handle('j6'), result: { outcome: 'finished-first' } },
      { type: 'submitJob', input: {}, result: { ...handle('j7'), completed: { output: 1 } } },
      { type: 'submitJob', input: {}, result: handle('j8') },
    ];
    expect(relayRecords([recorded({ workflowId: 'root', activities })], [], JOBS)).toMatchObject([
      {
        ...{ resultOf: new Set(['j1', 'j3', 'j7']), withoutOutput: new Set(['j2', 'j6']) },
        ...{ settled: new Set(['j3', 'j6']), gaveUp: new Set(['j4']) },
      },
    ]);
  });

  it('takes the suspicions of a cancelled run from its memo', () => {
    const memo = { 'jobrelay.settlement': { suspectedDuplicates: 4 } };
    const cancelled = recorded({ workflowId: 'root', end: 'cancelled', memo });
    expect(relayRecords([cancelled], [], JOBS)).toMatchObject([{ suspectedDuplicates: 4 }]);
  });

  it('takes those of a terminated run from the reaper, however often it looked, and from its children', () => {
    const terminated = recorded({ workflowId: 'root', end: 'terminated', outcome: { suspectedDuplicates: 9 } });
    const outcome = { settlement: { suspectedDuplicates: 2 } };
    const child = recorded({ workflowId: 'root/s', rootId: 'root', type: 'slice', outcome });
    const settleRun = { type: 'settleRun', input: { runId: 'root#1' }, result: { suspectedDuplicates: 1 } };
    const reap = recorded({ workflowId: 'reap', type: 'reap', activities: [settleRun, settleRun] });
    expect(relayRecords([terminated, child], [reap], JOBS)).toMatchObject([{ suspectedDuplicates: 3 }]);
    expect(relayRecords([terminated], [], JOBS)).toMatchObject([{ suspectedDuplicates: 0 }]);
  });
});

describe('what a hand-written run has on record', () => {
  it('is what its activities and signals say of jobs, and no suspicion', () => {
    const activities = [
      { type: 'status', input: 'j1', result: { id: 'j1', status: 'COMPLETED' } },
      { type: 'status', input: 'j2', result: { id: 'j2', status: 'IN_PROGRESS' } },
      { type: 'cancel', input: { id: 'j2' }, result: null },
    ];
    const signals = [{ id: 'j3', status: 'COMPLETED' }];
    const run = recorded({ workflowId: 'root', activities, signals, outcome: { suspectedDuplicates: 5 } });
    expect(standInRecords([run], JOBS)).toMatchObject([
      { resultOf: new Set(['j1', 'j3']), settled: new Set(['j2']), suspectedDuplicates: 0 },
    ]);
  });
});
