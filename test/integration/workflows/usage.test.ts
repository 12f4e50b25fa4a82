import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunCancelled, RunFailed } from '../../../client/index.js';
import type { Run } from '../../../client/run.js';
import type { JobResult, PipelineResult, StepFailedDetails, Usage } from '../../../workflows/contract.js';
import { type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
/** Inputs that were seen before, by endpoint. */
const seen = new Set<string>();
const isFirst = (mark: string) => !seen.has(mark) && seen.add(mark) !== undefined;

beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      works: { workers: 200, handler: () => later(40).then(() => ({ ok: true })) },
      fails: { workers: 20, handler: () => later(30).then(() => ({ error: 'no such model' })) },
      failsOnce: {
        workers: 20,
        handler: (input) =>
          later(20).then(() => (isFirst(JSON.stringify(input)) ? { error: 'not yet' } : { ok: true })),
      },
      lostOnce: {
        workers: 20,
        handler: (input) =>
          later(25).then(() =>
            isFirst(`lost ${JSON.stringify(input)}`) ? { error: 'job timed out after 1 retries' } : { ok: true },
          ),
      },
      slow: { workers: 20, handler: () => later(60_000).then(() => ({ ok: true })) },
    },
    configure: (config) => ({
      ...config,
      defaults: { retry: { backoff: { firstMs: 1, maxMs: 1 } } },
      endpoints: Object.fromEntries(
        ['works', 'fails', 'failsOnce', 'lostOnce', 'slow'].map((name) => [
          name,
          {
            alias: name,
            use: [{ endpoint: name, provider: 'local', endpointId: name }],
            price: { perSecond: 0.01 },
          },
        ]),
      ),
    }),
  });
});
afterAll(() => harness.stop());

/** What a run says that its jobs have used, however it ended. */
async function usageOf(run: Run<JobResult> | Run<PipelineResult>): Promise<Usage> {
  const ended: unknown = await (run as Run<JobResult>).result().catch((error: unknown) => error);
  if (ended instanceof RunCancelled) return ended.settlement?.usage ?? Promise.reject(ended);
  if (ended instanceof RunFailed) return (ended.details as { usage: Usage }).usage;
  return (ended as JobResult).usage;
}

const billed = () => harness.emulator.jobs().reduce((sum, { billedMs }) => sum + billedMs, 0);

describe('the usage that runs tell', () => {
  it("comes to the provider's ledger, to the millisecond, with retries, hedges, cancels and failures", async () => {
    const { relay, emulator } = harness;
    const job = (endpoint: string | string[], more: object = {}) =>
      relay.start('job', { endpoint, input: { mark: `${endpoint}` }, ...more } as never) as Promise<Run<JobResult>>;
    const cancelled = await job('slow');
    const pipeline = await relay.start('pipeline', {
      definition: {
        version: 1,
        steps: {
          good: { forEach: '{% [1..3] %}', endpoint: 'works', input: { n: '{% $item %}' } },
          again: { endpoint: 'failsOnce', input: { of: 'pipeline' }, retry: { handler: 1 } },
          bad: { needs: ['good', 'again'], endpoint: 'fails', input: { n: 1 } },
          left: { needs: ['good', 'again'], endpoint: 'slow', input: { n: 1 } },
        },
      },
    });
    const runs = [
      cancelled,
      pipeline,
      await job('works'),
      await job('fails', { retry: { handler: 1 } }),
      await job('failsOnce', { retry: { handler: 1 } }),
      await job('lostOnce', { retry: { platform: 1 } }),
      await job(['slow', 'works'], { hedge: { after: '100ms' } }),
      await job('slow', { timeouts: { total: '1s' } }),
    ];
    await until('it runs', () =>
      emulator.jobs().some(({ endpoint, input }) => endpoint === 'slow' && JSON.stringify(input).includes('slow')),
    );
    await cancelled.cancel();

    const usages = await Promise.all(runs.map(usageOf));
    const sum = (of: (usage: Usage) => number | undefined) =>
      usages.reduce((total, usage) => total + (of(usage) ?? 0), 0);
    const { length } = emulator.jobs();
    expect(sum(({ jobs }) => jobs)).toBe(length);
    expect(sum(({ executionMs }) => executionMs)).toBe(billed());
    expect(sum(({ estimatedCostUsd }) => estimatedCostUsd)).toBeCloseTo((billed() / 1_000) * 0.01, 9);
    const wasted = sum(({ wastedMs }) => wastedMs);
    const completed = emulator.jobs().filter(({ status }) => status === 'COMPLETED');
    const useful = completed.reduce((total, { billedMs }) => total + billedMs, 0);
    expect(wasted).toBe(billed() - useful);
    const reasons = usages.flatMap(({ wasted: by = {} }) => Object.values(by));
    expect(reasons.reduce((total, ms) => total + ms, 0)).toBe(wasted);

    // And of each step, what its own jobs used.
    const failure = (await pipeline.result().catch((error: unknown) => error)) as RunFailed;
    const { steps, usage } = failure.details as unknown as StepFailedDetails;
    const ofSteps = Object.values(steps).reduce((total, step) => total + (step.usage?.executionMs ?? 0), 0);
    expect(ofSteps).toBe(usage.executionMs);
    expect(steps.again?.usage).toMatchObject({ jobs: 2, wasted: { failuresMs: expect.any(Number) } });
  });
});

describe('the tenant of a run', () => {
  it('is what it is found by, with all that it used, and is passed on to the pipelines and slices within', async () => {
    const { relay, temporal } = harness;
    const tenant = 'acme & co';
    const job = await relay.start('job', { endpoint: 'works', input: { of: 'tenant' }, tenant });
    const inner = { version: 1, steps: { one: { endpoint: 'works', input: { n: 1 } } } };
    const pipeline = await relay.start('pipeline', {
      definition: {
        version: 1,
        steps: {
          nested: { pipeline: inner },
          sliced: { forEach: '{% [1..101] %}', concurrency: 101, endpoint: 'works', input: { n: '{% $item %}' } },
        },
        output: 1,
      },
      tenant,
    });
    const usages = [(await job.result()).usage, (await pipeline.result()).usage];
    const listed = await until('both are listed with their usage', async () => {
      const runs = [];
      for await (const run of relay.list({ tenant })) runs.push(run);
      return runs.filter(({ usage }) => usage !== undefined).length === 2 ? runs : undefined;
    });
    expect(listed.map(({ workflowId }) => workflowId).sort()).toEqual([job.workflowId, pipeline.workflowId].sort());
    expect(listed.map(({ usage }) => usage?.jobs).sort()).toEqual([1, 102]);
    expect(usages.map(({ jobs }) => jobs)).toEqual([1, 102]);
    const types = await until('the children are listed', async () => {
      const found = [];
      for await (const { type } of temporal.workflow.list({ query: `JobRelayTenant = "${tenant}"` })) found.push(type);
      return found.length === 5 ? found : undefined;
    });
    expect(types.sort()).toEqual(['job', 'nested', 'pipeline', 'slice', 'slice']);
  });
});
