import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Worker,
  type WorkflowBundleOption,
} from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { jobRelayPlugin } from '../../../worker/index.js';
import { installRuntime } from '../../../worker/runtime.js';
import { type Harness, startHarness } from '../harness.js';

/** How much longer each local activity of a type takes in a run, by the beginning of the key of the run. */
const LONGER_MS: Readonly<Record<string, readonly number[]>> = {
  'first-is-last': [240, 160, 80, 0],
  'one-by-one': [0, 80, 160, 240],
};
/** Past 8 s of the 10 that a workflow task may take, the SDK begins another, and takes in what happened meanwhile. */
const OUTLASTS_ITS_TASK = { key: 'outlasts-its-task', ms: 9_000 };

installRuntime(() => undefined);

let harness: Harness;
let ownQueue: string;
let ownBundle: WorkflowBundleOption;
const stops: (() => Promise<void>)[] = [];

beforeAll(async () => {
  harness = await startHarness({ worker: false });
  await startWorkerOf(harness.taskQueue, { codePath: inject('workflowBundle') });
  const workflowsPath = fileURLToPath(new URL('../../fixtures/own-workflows.ts', import.meta.url));
  ownBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  ownQueue = `${harness.taskQueue}-own`;
  await startWorkerOf(ownQueue, ownBundle);
});
afterAll(async () => {
  for (const stop of stops) await stop();
  await harness.stop();
});

/** A worker whose local activities of one run end in another order than they were called in. */
async function startWorkerOf(taskQueue: string, workflowBundle: WorkflowBundleOption): Promise<void> {
  const { address, namespace } = inject('temporal');
  const connection = await NativeConnection.connect({ address });
  const calls = new Map<string, number>();
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle,
    interceptors: {
      activity: [
        ({ info: { activityType, workflowExecution } }) => ({
          inbound: {
            async execute(input, next) {
              if (activityType !== 'intake' && activityType !== 'evaluate') return await next(input);
              const key = `${workflowExecution?.workflowId} ${activityType}`;
              if (activityType === 'evaluate' && key.includes(OUTLASTS_ITS_TASK.key)) await delay(OUTLASTS_ITS_TASK.ms);
              const before = calls.get(key) ?? 0;
              calls.set(key, before + 1);
              const order = Object.keys(LONGER_MS).find((each) => workflowExecution?.workflowId.includes(each)) ?? '';
              await delay(LONGER_MS[order]?.[before] ?? 0);
              return await next(input);
            },
          },
        }),
      ],
    },
    plugins: [jobRelayPlugin({ config: harness.config, env: {}, log: () => undefined })],
  });
  const running = worker.run();
  stops.push(async () => {
    worker.shutdown();
    await running;
    await connection.close();
  });
}

async function replay(workflowId: string, workflowBundle: WorkflowBundleOption): Promise<void> {
  const history = await harness.temporal.workflow.getHandle(workflowId).fetchHistory();
  await Worker.runReplayHistory({ workflowBundle }, history, workflowId);
}

describe.each(Object.keys(LONGER_MS))('a run whose local activities end %s, taken over by another worker', (order) => {
  const bundle = { codePath: inject('workflowBundle') };

  it.each([
    ['late', 'soon'],
    ['soon', 'late'],
  ])('does the same again where steps became ready one after another: %s, %s', async (...names) => {
    const sources = { late: 'copy', soon: 'first' } as Readonly<Record<string, string>>;
    const step = (name: string) => ({
      endpoint: 'local/echo',
      input: { text: `{% $string($steps.${sources[name]}.output.n) %}` },
    });
    const steps = {
      first: { endpoint: 'local/echo', input: { n: 1 } },
      // Read by the workflow itself: what waits for it becomes ready a moment later.
      copy: { set: '{% $steps.first.output %}' },
      ...Object.fromEntries(names.map((name) => [name, step(name)])),
    };
    const key = `${order}-${randomUUID()}`;
    const run = await harness.relay.start('pipeline', { definition: { version: 1, steps } as never }, { key });
    expect((await run.result()).output).toMatchObject({ late: { text: '1' }, soon: { text: '1' } });
    await replay(run.workflowId, bundle);
  });

  it('does the same again where it runs jobs side by side in code of its own', async () => {
    const workflowId = `each:${order}-${randomUUID()}`;
    const inputs = [1, 2, 3, 4].map((n) => ({ endpoint: 'local/echo', input: { n } }));
    const args = [inputs, { concurrency: 4 }];
    const mapped = await harness.temporal.workflow.execute('each', { workflowId, taskQueue: ownQueue, args });
    expect(mapped).toMatchObject(inputs.map(({ input }) => ({ status: 'completed', result: { output: input } })));
    await replay(workflowId, ownBundle);
  });

  it.each([
    [0, 1],
    [1, 0],
  ])('does the same again where one of two jobs in code of its own is refused: %i, %i', async (...of) => {
    const good = { endpoint: 'local/echo', input: { n: 1 } };
    const bad = { endpoint: 'local/echo', input: {} };
    const workflowId = `pauses:${order}-${randomUUID()}`;
    const args = [of.map((which) => (which === 0 ? good : bad))];
    const ends = await harness.temporal.workflow.execute('pausesAfterEither', {
      workflowId,
      taskQueue: ownQueue,
      args,
    });
    expect(ends).toEqual(of.map((which) => (which === 0 ? 'completed' : 'failed')));
    await replay(workflowId, ownBundle);
  });
});

describe('a run whose local activity outlasts its workflow task, taken over by another worker', () => {
  it('does the same again, although a replay gets its result with what happened before', async () => {
    const steps = {
      first: { endpoint: 'local/echo', input: { n: 1 } },
      late: { endpoint: 'local/echo', input: { text: '{% $string($steps.first.output.n) %}' } },
      meanwhile: { endpoint: 'local/sleep', input: { ms: 1_000 } },
      after: { endpoint: 'local/echo', input: { n: 2 }, needs: ['meanwhile'] },
    };
    const key = `${OUTLASTS_ITS_TASK.key}-${randomUUID()}`;
    const run = await harness.relay.start(
      'pipeline',
      { definition: { version: 1, steps, output: 1 } as never },
      { key },
    );
    expect((await run.result()).output).toBe(1);
    await replay(run.workflowId, { codePath: inject('workflowBundle') });
  });
});
