import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunCancelled } from '../../../client/index.js';
import type { JsonObject } from '../../../job-api/json.js';
import type { BudgetInput, StepFailedDetails } from '../../../workflows/contract.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';

/** Jobs of `gated` wait until the gate of their mark is open. */
const gates = new Map<string, { readonly open: () => void; readonly opened: Promise<void> }>();

function gateOf(mark: string): NonNullable<ReturnType<typeof gates.get>> {
  const known = gates.get(mark);
  if (known !== undefined) return known;
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  gates.set(mark, { open, opened });
  return { open, opened };
}

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      done: { workers: 500, handler: (input) => input },
      fails: { workers: 500, handler: () => ({ error: 'no such model' }) },
      gated: {
        workers: 500,
        handler: (input) => gateOf((input as { mark: string }).mark).opened.then(() => ({ ok: true })),
      },
    },
    configure: (config) => ({
      ...config,
      defaults: { retry: { backoff: { firstMs: 1, maxMs: 1 } } },
      endpoints: Object.fromEntries(
        ['done', 'fails', 'gated'].map((name) => [
          name,
          { alias: name, use: [{ endpoint: name, provider: 'local', endpointId: name }], price: { perJob: 0.01 } },
        ]),
      ),
    }),
  });
});
afterAll(() => harness.stop());

const sent = (mark: string) =>
  harness.emulator.jobs().filter(({ input }) => (input as { mark?: string }).mark === mark);
const pipelineOf = (steps: Record<string, JsonObject>, budget: BudgetInput) => ({
  definition: { version: 1, steps },
  budget,
});

/** Starts a pipeline that has to run out of its budget. */
async function exceededBy(steps: Record<string, JsonObject>, budget: BudgetInput) {
  const error = await failureOfRun(harness.relay, 'pipeline', pipelineOf(steps, budget));
  expect(error.type).toBe('BudgetExceeded');
  return { message: error.message, ...(error.details as StepFailedDetails) };
}

describe('the budget of a job', () => {
  it('lets it fail with BudgetExceeded where it would be tried again, and keeps its attempts', async () => {
    const mark = randomUUID();
    const input = { endpoint: 'fails', input: { mark }, retry: { handler: 5 }, budget: { jobs: 2 } };
    const error = await failureOfRun(harness.relay, 'job', input);
    expect(error.type).toBe('BudgetExceeded');
    expect(error.message).toContain('2 of 2 jobs submitted; the job had failed with JobFailed: no such model');
    expect(error.details).toMatchObject({
      status: 'BudgetExceeded',
      endpoint: 'fails',
      attempts: [{ outcome: 'JobFailed' }, { outcome: 'JobFailed' }],
      usage: { jobs: 2 },
      budget: { jobs: { limit: 2, used: 2 } },
    });
    expect(sent(mark)).toHaveLength(2);
  });

  it('stops at a cost, once jobs that have ended have reached it', async () => {
    const mark = randomUUID();
    const input = { endpoint: 'fails', input: { mark }, retry: { handler: 5 }, budget: { costUsd: 0.025 } };
    const error = await failureOfRun(harness.relay, 'job', input);
    expect(error).toMatchObject({ type: 'BudgetExceeded', details: { usage: { jobs: 3 } } });
    expect(sent(mark)).toHaveLength(3);
  });

  it('is not touched by a submit that was refused for certain', async () => {
    harness.emulator.setFaults([{ kind: 'status', endpoint: 'gated', httpStatus: 404, body: '{"error":"not found"}' }]);
    const run = await harness.relay.start('job', {
      endpoint: ['gated', 'done'],
      input: { mark: randomUUID() },
      budget: { jobs: 1 },
    });
    expect(await run.result()).toMatchObject({ endpoint: 'done', usage: { jobs: 1 } });
    expect(await run.progress()).toMatchObject({ budget: { jobs: { limit: 1, used: 1 } } });
    harness.emulator.setFaults([]);
  });

  it('begins no hedge that it has no room for, and the job goes on', async () => {
    const mark = randomUUID();
    const run = await harness.relay.start('job', {
      endpoint: 'gated',
      input: { mark },
      hedge: { after: 1 },
      timeouts: { run: '1m' },
      budget: { jobs: 1 },
    });
    await until('the time of the hedge has passed', async () => {
      const { events } = await harness.temporal.workflow.getHandle(run.workflowId).fetchHistory();
      return events?.some(({ timerFiredEventAttributes: fired }) => fired);
    });
    gateOf(mark).open();
    expect(await run.result()).toMatchObject({ attempts: [{ outcome: 'COMPLETED' }] });
    expect(sent(mark)).toHaveLength(1);
  });
});

describe('the budget of a pipeline', () => {
  it('is shared by all its steps, and names the one that it had no room for', async () => {
    const mark = randomUUID();
    const { message, step, index, steps, budget, usage } = await exceededBy(
      {
        first: { endpoint: 'done', input: { mark } },
        each: {
          needs: ['first'],
          forEach: '{% [1..9] %}',
          concurrency: 3,
          // Neither may hide that the run is over.
          tolerate: '100%',
          onError: { output: [] } as never,
          endpoint: 'done',
          input: { mark },
        },
        last: { needs: ['each'], set: 1 },
      },
      { jobs: 5 },
    );
    expect(message).toMatch(/5 of 5 jobs submitted, at step "each\[\d\]"/);
    expect({ step, usage, budget }).toMatchObject({
      step: 'each',
      usage: { jobs: 5 },
      budget: { jobs: { limit: 5, used: 5 } },
    });
    expect(index).toBeGreaterThan(3);
    expect(steps).toMatchObject({
      first: { status: 'completed' },
      each: { status: 'failed' },
      last: { status: 'pending' },
    });
    expect(sent(mark)).toHaveLength(5);
  });

  it('is enough where it is just enough', async () => {
    const mark = randomUUID();
    const each = { forEach: '{% [1..6] %}', concurrency: 2, endpoint: 'done', input: { mark } };
    const run = await harness.relay.start('pipeline', pipelineOf({ each }, { jobs: 6 }));
    expect(await run.result()).toMatchObject({ usage: { jobs: 6 } });
  });

  it('lets what is under way end, and keeps it, before the run fails', async () => {
    const mark = randomUUID();
    const run = await harness.relay.start(
      'pipeline',
      pipelineOf(
        {
          long: { endpoint: 'gated', input: { mark } },
          // It would wait for a person for days.
          asked: { approval: { message: 'go on?', timeout: '2d' } },
          short: { endpoint: 'done', input: { mark } },
          more: { needs: ['short'], endpoint: 'done', input: { mark } },
        },
        { jobs: 2 },
      ),
    );
    await until('the budget has run out', async () => (await run.progress()).steps.more?.status === 'failed');
    expect((await run.progress()).steps.long?.status).toBe('running');
    gateOf(mark).open();
    const error = await run.result().catch((failure: unknown) => failure);
    expect(error).toMatchObject({
      type: 'BudgetExceeded',
      details: { step: 'more', steps: { long: { status: 'completed' }, asked: { status: 'cancelled' } } },
    });
    expect(sent(mark).map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']);
  });

  it('can be cancelled while what is under way goes on', async () => {
    const mark = randomUUID();
    const run = await harness.relay.start(
      'pipeline',
      pipelineOf(
        { long: { endpoint: 'gated', input: { mark } }, more: { endpoint: 'done', input: { mark } } },
        { jobs: 1 },
      ),
    );
    await until('the budget has run out', async () => (await run.progress()).steps.more?.status === 'failed');
    await run.cancel();
    await expect(run.result()).rejects.toBeInstanceOf(RunCancelled);
    expect(sent(mark).map(({ status }) => status)).toEqual(['CANCELLED']);
  });

  it('stops at a cost; what it is over by was under way', async () => {
    const mark = randomUUID();
    const each = { forEach: '{% [1..20] %}', concurrency: 2, endpoint: 'done', input: { mark } };
    const { usage, budget } = await exceededBy({ each }, { costUsd: 0.05 });
    expect(usage.jobs).toBeGreaterThanOrEqual(5);
    expect(usage.jobs).toBeLessThanOrEqual(6);
    expect(budget?.costUsd?.limit).toBe(0.05);
    expect(budget?.costUsd?.used).toBeCloseTo(usage.jobs * 0.01, 9);
  });

  it('may stand in the definition, and the one that is given at the start comes before it', async () => {
    const mark = randomUUID();
    const each = { forEach: '{% [1..4] %}', endpoint: 'done', input: { mark } };
    const definition = { version: 1, budget: { jobs: 2 }, steps: { each } };
    const error = await failureOfRun(harness.relay, 'pipeline', { definition });
    expect(error).toMatchObject({ type: 'BudgetExceeded', details: { budget: { jobs: { limit: 2 } } } });
    const run = await harness.relay.start('pipeline', { definition, budget: { jobs: 4 } });
    expect((await run.result()).usage.jobs).toBe(4);
  });

  it('is refused in money where an endpoint has no price, with its name and the remedy', async () => {
    const steps = { draw: { endpoint: 'local/done', input: { a: 1 } } };
    const error = await failureOfRun(harness.relay, 'pipeline', pipelineOf(steps, { costUsd: 1 }));
    expect(error.type).toBe('InvalidRequest');
    expect(error.message).toContain('"local/done" (step draw) has none: name it by an alias that has a price');
  });
});

describe('a budget that slices share', () => {
  it('lets them submit exactly what it has room for', async () => {
    const mark = randomUUID();
    const each = { forEach: '{% [1..120] %}', concurrency: 40, endpoint: 'done', input: { mark } };
    const { step, usage, budget } = await exceededBy({ each }, { jobs: 50 });
    expect({ step, jobs: usage.jobs, budget }).toEqual({
      step: 'each',
      jobs: 50,
      budget: { jobs: { limit: 50, used: 50 } },
    });
    expect(sent(mark)).toHaveLength(50);
  }, 60_000);

  it('stops at a cost, over by what was under way', async () => {
    const mark = randomUUID();
    const each = { forEach: '{% [1..120] %}', concurrency: 6, endpoint: 'done', input: { mark } };
    const { usage } = await exceededBy({ each }, { costUsd: 0.3 });
    expect(usage.jobs).toBeGreaterThanOrEqual(30);
    expect(usage.jobs).toBeLessThanOrEqual(36);
  }, 60_000);
});

describe('a budget that nested pipelines share', () => {
  const nested = (mark: string, jobs: number): JsonObject => ({
    version: 1,
    steps: { each: { forEach: `{% [1..${jobs}] %}`, concurrency: 4, endpoint: 'done', input: { mark } } },
  });

  it('lets all levels together submit exactly what it has room for, and names the way to the step', async () => {
    const mark = randomUUID();
    const middle = { version: 1, steps: { parts: { forEach: '{% [1..3] %}', pipeline: nested(mark, 5) } } };
    const { message, step, usage, cause } = await exceededBy(
      {
        own: { endpoint: 'done', input: { mark } },
        deep: { pipeline: middle as JsonObject, onError: 'continue' },
        flat: { pipeline: nested(mark, 5) },
      },
      { jobs: 17 },
    );
    expect(usage.jobs).toBe(17);
    expect(sent(mark)).toHaveLength(17);
    expect(['deep', 'flat']).toContain(step);
    expect(cause).toMatchObject({ type: 'BudgetExceeded', details: { cause: { type: 'BudgetExceeded' } } });
    expect(message).toContain('17 of 17 jobs submitted, at step "each[');
  }, 60_000);

  it('gives back what a nested pipeline did not need', async () => {
    const mark = randomUUID();
    const empty = { version: 1, steps: { none: { when: false, endpoint: 'done', input: { mark } } } };
    const run = await harness.relay.start(
      'pipeline',
      pipelineOf(
        {
          idle: { forEach: '{% [1..4] %}', pipeline: empty as JsonObject },
          busy: { needs: ['idle'], pipeline: nested(mark, 6) },
        },
        { jobs: 6 },
      ),
    );
    expect((await run.result()).usage.jobs).toBe(6);
  }, 60_000);

  it('takes back what one holds that waits for a person, and needs it not now', async () => {
    const mark = randomUUID();
    const waits = { version: 1, steps: { ask: { approval: { message: 'go on?' } } } };
    const run = await harness.relay.start(
      'pipeline',
      pipelineOf({ waits: { pipeline: waits as JsonObject }, busy: { pipeline: nested(mark, 4) } }, { jobs: 4 }),
    );
    await until('all of its jobs have run', async () => (await run.progress()).steps.busy?.status === 'completed');
    expect(sent(mark)).toHaveLength(4);
    await run.cancel();
    await expect(run.result()).rejects.toBeInstanceOf(RunCancelled);
  }, 60_000);

  it('is cancelled with all that share it', async () => {
    const mark = randomUUID();
    const long = { version: 1, steps: { all: { forEach: '{% [1..4] %}', endpoint: 'gated', input: { mark } } } };
    const parts = { forEach: '{% [1..2] %}', pipeline: long as JsonObject };
    const run = await harness.relay.start('pipeline', pipelineOf({ parts }, { jobs: 8 }));
    await until('all are under way', () => sent(mark).length === 8);
    await run.cancel();
    await expect(run.result()).rejects.toBeInstanceOf(RunCancelled);
    expect(sent(mark).every(({ status }) => status === 'CANCELLED')).toBe(true);
  }, 60_000);
});
