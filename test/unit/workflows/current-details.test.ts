import { describe, expect, it } from 'vitest';
import type { AttemptOutcome, SettleOutcome } from '../../../workflows/contract.js';
import { JobRecord } from '../../../workflows/jobs/job-record.js';
import * as currentDetails from '../../../workflows/pipelines/current-details.js';
import type { ItemState, PipelineState, StepState } from '../../../workflows/pipelines/pipeline-state.js';
import type { PipelinePlan, StepPlan } from '../../../workflows/plan.js';

/** As it is read: without the space that holds the columns apart. */
const pipelineDetails = (...given: Parameters<typeof currentDetails.pipelineDetails>) =>
  visible(currentDetails.pipelineDetails(...given));
const jobDetails = (...given: Parameters<typeof currentDetails.jobDetails>) =>
  visible(currentDetails.jobDetails(...given));
const visible = (markdown: string) => markdown.replaceAll('\u00a0', '');

const START = Date.parse('2026-03-01T10:00:00.000Z');
const passed = (seconds: number) => ({ startMs: START, nowMs: START + seconds * 1000 });
const at = (seconds: number) => new Date(START + seconds * 1000).toISOString();

function step(name: string, more: Partial<StepPlan> = {}): StepPlan {
  return { name, kind: 'job', needs: [], concurrency: 1, tolerate: { count: 0 }, onError: 'fail', body: {}, ...more };
}

const each = (name: string, concurrency: number) => step(name, { forEach: '{% $input %}', concurrency });

function planOf(...steps: readonly StepPlan[]): PipelinePlan {
  return { v: 1, steps, input: null };
}

function items(counts: Partial<Record<ItemState['status'], number>>): ItemState[] {
  return Object.entries(counts).flatMap(([status, count]) =>
    Array.from({ length: count }, () => ({ status: status as ItemState['status'], input: {} })),
  );
}

function stateOf(steps: Record<string, Partial<StepState>>, more: Partial<PipelineState> = {}): PipelineState {
  const filled = Object.entries(steps).map(([name, given]) => [
    name,
    { status: 'pending', items: [], output: null, ...given } as StepState,
  ]);
  return { steps: Object.fromEntries(filled), ...more };
}

const handle = (jobId: string) => ({ provider: 'runpod', endpointId: 'abc', jobId, submittedAt: at(0), ttlMs: 1 });

function recordOf(
  outcome: AttemptOutcome,
  facts: { executionTimeMs?: number; estimatedCostUsd?: number } = {},
): JobRecord {
  const record = new JobRecord();
  record.add({ endpoint: 'draw', handle: handle('j1'), jobId: 'j1', outcome }, facts);
  return record;
}

/** The cells of the table's rows, without its head. */
function rowsOf(markdown: string): string[][] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) => line.slice(2, -2).split(' | '));
}

describe('the table of a pipeline', () => {
  const plan = planOf(each('draw', 4), step('best', { kind: 'set' }), step('sheet'));

  it('says of each step what is done, what failed, its jobs and its time', () => {
    const state = stateOf({
      draw: { status: 'completed', items: items({ completed: 1, failed: 1 }), startedAt: at(0), endedAt: at(75) },
      best: { status: 'completed', startedAt: at(75), endedAt: at(75.25) },
      sheet: { status: 'running', items: items({ running: 1 }), startedAt: at(76) },
    });
    const records = new Map([
      ['draw', [recordOf('COMPLETED', { executionTimeMs: 4_000, estimatedCostUsd: 0.01 }), recordOf('JobFailed')]],
    ]);
    expect(pipelineDetails(plan, state, records, passed(88))).toBe(
      [
        '**Running** for 1m 28s, as of 2026-03-01 10:01:28 UTC.',
        '',
        '| Step | Status | Done | Failed | Jobs | Elapsed | Time left |',
        '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
        '| draw | completed | 1 / 2 | **1** | 2 | 1m 15s |  |',
        '| best | completed | 1 / 1 |  |  | 250ms |  |',
        '| sheet | running | 0 / 1 |  |  | 12s |  |',
        '',
        '2 jobs ended, 4.0s of execution, about $0.0100.',
      ].join('\n'),
    );
  });

  it('counts a job from its submit on', () => {
    const draw = { status: 'running', items: items({ running: 2 }), startedAt: at(0) } as const;
    const [submitting, ended] = [new JobRecord(), recordOf('JobFailed')];
    submitting.enter({ phase: 'submitting', endpoint: 'draw' });
    const rows = rowsOf(
      pipelineDetails(
        plan,
        stateOf({ draw, best: {}, sheet: {} }),
        new Map([['draw', [submitting, ended]]]),
        passed(1),
      ),
    );
    expect(rows[0]?.[4]).toBe('2');
  });

  it('counts a job for each item that its slices have done', () => {
    const slice = { items: {}, count: 100, slots: 4, failed: 0, done: 60 } as const;
    const slices = [
      { ...slice, status: 'running', from: 0 },
      { ...slice, status: 'running', from: 100 },
    ] as const;
    const state = stateOf({ draw: { status: 'running', startedAt: at(0), sliced: { work: {}, slices } } });
    const rows = rowsOf(pipelineDetails(planOf(each('draw', 8)), state, new Map(), passed(60)));
    expect(rows).toEqual([['draw', 'running', '120 / 200', '', '120', '1m', 'about 40s']]);
  });

  it('says what a step failed of', () => {
    const state = stateOf({
      draw: {
        status: 'failed',
        items: items({ failed: 1 }),
        error: { type: 'QueueTimeout', message: 'a | b' },
        startedAt: at(0),
        endedAt: at(1),
      },
      best: {},
      sheet: {},
    });
    expect(rowsOf(pipelineDetails(plan, state, new Map(), passed(1)))[0]?.[1]).toBe('failed: QueueTimeout');
  });

  const running = { draw: { status: 'running', items: items({ running: 1 }) } } as const;
  const ended = { draw: { status: 'completed', items: items({ completed: 1 }) } } as const;
  const failure = { kind: 'failed', step: 'draw', error: { type: 'JobFailed', message: '' } } as const;
  it.each([
    ['running', running, {}, '**Running** for 12s, as of 2026-03-01 10:00:12 UTC.'],
    [
      'being cancelled',
      running,
      { stopping: { kind: 'cancelled' } },
      '**Cancelling** for 12s, as of 2026-03-01 10:00:12 UTC.',
    ],
    ['cancelled', ended, { stopping: { kind: 'cancelled' } }, '**Cancelled** after 12s.'],
    ['bound to fail', running, { stopping: failure }, '**Failing** for 12s, as of 2026-03-01 10:00:12 UTC.'],
    ['failed', ended, { stopping: failure }, '**Failed** after 12s.'],
    ['completed', ended, { output: { value: 1 } }, '**Completed** in 12s.'],
  ] as const)('begins with how a run stands that is %s', (_name, steps, more, line) => {
    const details = pipelineDetails(planOf(step('draw')), stateOf(steps, more), new Map(), passed(12));
    expect(details.split('\n')[0]).toBe(line);
  });

  describe('estimates the time left', () => {
    const left = (counts: Parameters<typeof items>[0], seconds: number, more: Partial<StepState> = {}, all = {}) => {
      const draw = { status: 'running', items: items(counts), startedAt: at(0), ...more } as const;
      const details = pipelineDetails(planOf(each('draw', 4)), stateOf({ draw }, all), new Map(), passed(seconds));
      return rowsOf(details)[0]?.[6];
    };

    it.each([
      ['by the rate at which items ended', { completed: 10, running: 4, waiting: 6 }, 60, 'about 1m'],
      ['with the failed ones among them', { completed: 5, failed: 5, running: 4, waiting: 36 }, 60, 'about 4m'],
      ['roughly, where it is short', { completed: 30, running: 4, waiting: 1 }, 30, 'a few seconds'],
      ['not before a full round has ended', { completed: 3, running: 4, waiting: 50 }, 60, ''],
      ['not once all that are left are under way', { completed: 30, running: 4 }, 60, ''],
    ] as const)('%s', (_name, counts, seconds, expected) => {
      expect(left(counts, seconds)).toBe(expected);
    });

    it('not where the rest will not be started', () => {
      const counts = { completed: 10, failed: 1, running: 4, waiting: 6 };
      expect(left(counts, 60, { failing: { error: { type: 'JobFailed', message: '' } } })).toBe('');
      expect(left(counts, 60, {}, { stopping: { kind: 'cancelled' } })).toBe('');
    });
  });

  it('is cut at fifty steps of two hundred: what failed and what runs is kept, in order', () => {
    const names = Array.from({ length: 200 }, (_, index) => `step${index}`);
    const steps = Object.fromEntries(
      names.map((name, index): [string, Partial<StepState>] => {
        if (index === 150) return [name, { status: 'failed', items: items({ failed: 1 }) }];
        if (index === 120) return [name, { status: 'running', items: items({ running: 1 }) }];
        return [name, { status: index < 100 ? 'completed' : 'pending' }];
      }),
    );
    const details = pipelineDetails(planOf(...names.map((name) => step(name))), stateOf(steps), new Map(), passed(1));
    const shown = rowsOf(details).map(([name]) => name);
    expect(shown).toHaveLength(50);
    expect(shown).toEqual([...names.slice(100, 149), 'step150']);
    expect(details).toContain('150 more steps: 50 pending, 100 completed.');
    expect(details.length).toBeLessThan(4_000);
  });

  it('shows names as they are', () => {
    const details = pipelineDetails(planOf(step('best_of_3')), stateOf({ best_of_3: {} }), new Map(), passed(0));
    expect(details).toContain('| best\\_of\\_3 | pending |');
  });
});

describe('the table of a job', () => {
  it('says what became of each attempt, where, and what it took', () => {
    const record = new JobRecord();
    const add = (jobId: string, outcome: AttemptOutcome, settled?: SettleOutcome, executionTimeMs?: number) =>
      record.add(
        { endpoint: 'draw', handle: handle(jobId), jobId, outcome, ...(settled ? { settled } : {}) },
        { delayTimeMs: 1_500, ...(executionTimeMs ? { executionTimeMs } : {}) },
      );
    record.add({ endpoint: 'draw', outcome: 'SubmitAmbiguous' });
    record.add({ endpoint: 'draw', outcome: 'SubmitAmbiguous', correlationKey: 'run-1' });
    add('j1', 'RunTimeout', 'stopped', 60_000);
    record.enter({ phase: 'awaiting', endpoint: 'runpod/abc', handle: handle('j|2') });
    expect(jobDetails('running', record, passed(3_700)).split('\n')).toEqual([
      '**Running** for 1h 1m, as of 2026-03-01 11:01:40 UTC.',
      '',
      '| # | Endpoint | Outcome | Queued | Ran | Job |',
      '| ---: | --- | --- | ---: | ---: | --- |',
      '| 1 | draw | SubmitAmbiguous |  |  |  |',
      '| 2 | draw | SubmitAmbiguous |  |  | key run-1 |',
      '| 3 | draw (runpod/abc) | RunTimeout, stopped | 1.5s | 1m | j1 |',
      '| 4 | runpod/abc | awaiting |  |  | j\\|2 |',
      '',
      '1 job ended, 1m of execution, 1m of it without a result.',
    ]);
  });

  it('is a line alone before the first submit', () => {
    expect(jobDetails('failed', new JobRecord(), passed(0.05))).toBe('**Failed** after 50ms.');
  });

  it('keeps the last fifty attempts', () => {
    const record = new JobRecord();
    for (let count = 0; count < 60; count++) record.add({ endpoint: 'draw', outcome: 'Unavailable' });
    const details = jobDetails('running', record, passed(90_000));
    expect(rowsOf(details).map(([number]) => number)).toEqual(Array.from({ length: 50 }, (_, at) => String(at + 11)));
    expect(details).toContain('10 attempts before these.');
    expect(details).toContain('for 1d 1h, as of');
  });
});

describe('the record of a job', () => {
  it('tells of each change, and of the attempt under way until it is over', () => {
    const phases: (string | undefined)[] = [];
    const record: JobRecord = new JobRecord(() => phases.push(record.underWay[0]?.phase));
    record.enter({ phase: 'submitting', endpoint: 'draw' });
    record.enter({ phase: 'awaiting', endpoint: 'draw', handle: handle('j1') });
    record.add({ endpoint: 'draw', handle: handle('j1'), outcome: 'COMPLETED' });
    expect(phases).toEqual(['submitting', 'awaiting', undefined]);
  });
});

describe('approvals in the table of a pipeline', () => {
  const asked = (name: string, more: Partial<StepPlan> = {}) =>
    step(name, {
      kind: 'approval',
      approval: { timeoutMs: 3_600_000, onTimeout: 'reject', onReject: 'continue' },
      ...more,
    });
  const waiting = (seconds: number, input: ItemState['input']): ItemState => ({
    ...{ status: 'running', input, startedAt: at(seconds) },
  });

  it('are shown as waiting, with the time left of the first, and how to decide them', () => {
    const plan = planOf(asked('review'), asked('each', { forEach: '{% $input %}' }));
    const state = stateOf({
      review: { status: 'running', startedAt: at(0), items: [waiting(0, 'Publish *it*?')] },
      each: {
        status: 'running',
        startedAt: at(0),
        items: [{ status: 'completed', input: null }, waiting(60, null), waiting(120, null)],
      },
    });
    const text = pipelineDetails(plan, state, new Map(), { ...passed(600), workflowId: 'pipeline:1' });
    expect(rowsOf(text).map(([name, status, done, , , , left]) => [name, status, done, left])).toEqual([
      ['review', 'waiting', '0 / 1', '50m'],
      ['each', 'waiting', '1 / 3', '51m'],
    ]);
    expect(text.split('\n').filter((line) => line.startsWith('- '))).toEqual([
      '- **review** waits for an approval until 2026-03-01 11:00:00 UTC (then: reject), by `jobrelay approve pipeline:1 review`: Publish \\*it\\*?',
      '- **each\\[1\\]** waits for an approval until 2026-03-01 11:01:00 UTC (then: reject), by `jobrelay approve pipeline:1 each --index 1`',
      '- **each\\[2\\]** waits for an approval until 2026-03-01 11:02:00 UTC (then: reject), by `jobrelay approve pipeline:1 each --index 2`',
    ]);
  });

  it('are listed as long as that is read, and counted beyond', () => {
    const items = Array.from({ length: 13 }, () => waiting(0, null));
    const state = stateOf({ each: { status: 'running', startedAt: at(0), items } });
    const text = pipelineDetails(planOf(asked('each', { forEach: '{% $input %}' })), state, new Map(), passed(1));
    const lines = text.split('\n').filter((line) => line.startsWith('- '));
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('- 3 more approvals');
  });
});

describe('a run with a budget', () => {
  it('says below how much of it is used', () => {
    const use = { jobs: { limit: 20, used: 12 }, costUsd: { limit: 2.5, used: 0.125 } };
    expect(currentDetails.withBudget('**Running**', use)).toBe(
      '**Running**\n\nBudget: 12 of 20 jobs submitted, about $0.1250 of $2.5 spent.',
    );
    expect(currentDetails.withBudget('**Running**', undefined)).toBe('**Running**');
  });
});
