import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { jobRelayPlugin, startWorker } from '../../../worker/index.js';
import { installRuntime } from '../../../worker/runtime.js';
import type { PipelineResult } from '../../../workflows/contract.js';
import type { Intake, PipelinePlan } from '../../../workflows/plan.js';
import { type Harness, historyText, startHarness, until } from '../harness.js';

/** A job ends once its mark is in here. */
const released = new Set<string>();
let harness: Harness;

installRuntime(() => undefined);

beforeAll(async () => {
  harness = await startHarness({
    worker: false,
    endpoints: {
      gate: {
        workers: 4,
        handler: async (input) => {
          const { mark } = input as { mark: string };
          while (!released.has(mark)) await new Promise((resolve) => setTimeout(resolve, 10));
          return { n: 1 };
        },
      },
    },
  });
});
afterAll(() => harness.stop());

const DEFINITION = {
  version: 1,
  steps: {
    gate: { endpoint: 'local/gate', input: { mark: '{% $input.mark %}' } },
    next: {
      when: '{% $steps.gate.output.n < 2 %}',
      endpoint: 'local/echo',
      input: { n: '{% $steps.gate.output.n + 1 %}' },
    },
    text: { set: '{% $input.mark & " is done" %}', needs: ['next'] },
  },
  output: { n: '{% $steps.next.output.n %}', text: '{% $steps.text.output %}' },
} as const;

const start = (mark: string) =>
  harness.relay.start('pipeline', { definition: DEFINITION as never, input: { mark } }, { key: mark });

const isAtTheGate = (mark: string) =>
  harness.emulator.jobs().some(({ input }) => (input as { mark?: string }).mark === mark);

/** The activities that were asked within workflow tasks, in their order. */
async function localActivitiesOf(workflowId: string): Promise<readonly string[]> {
  const text = await historyText(harness.temporal, workflowId);
  return [...text.matchAll(/"activity_type":"(\w+)"/g)].map(([, type]) => type ?? '');
}

/** A worker whose `intake` makes plans as before there was a second version. */
async function startWorkerOfVersion1(): Promise<{ stop(): Promise<void> }> {
  const { address, namespace } = inject('temporal');
  const connection = await NativeConnection.connect({ address });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: harness.taskQueue,
    workflowBundle: { codePath: inject('workflowBundle') },
    interceptors: {
      activity: [
        ({ info }) => ({
          inbound: {
            execute: async (input, next) => {
              const result = await next(input);
              return info.activityType === 'intake' ? asVersion1(result as Intake<PipelinePlan>) : result;
            },
          },
        }),
      ],
    },
    plugins: [jobRelayPlugin({ config: harness.config, env: {}, log: () => undefined })],
  });
  const running = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await running;
      await connection.close();
    },
  };
}

function asVersion1(taken: Intake<PipelinePlan>): Intake<PipelinePlan> {
  const { outputFormula: _, ...plan } = taken.plan;
  const steps = plan.steps.map(({ formula: __, ...step }) => step);
  return { ...taken, plan: { ...plan, v: 1, steps } };
}

describe('a run whose plan is of version 1', () => {
  it('goes on as it began, beside a run of version 2 on the same worker', async () => {
    const before = await startWorkerOfVersion1();
    const old = await start('old');
    await until('the old run waits for its job', () => isAtTheGate('old'));
    await before.stop();

    const now = await startWorker({
      config: harness.config,
      env: {},
      temporal: inject('temporal'),
      taskQueue: harness.taskQueue,
      workflowBundle: inject('workflowBundle'),
      log: () => undefined,
    });
    try {
      const fresh = await start('fresh');
      await until('the new run waits for its job', () => isAtTheGate('fresh'));
      released.add('old').add('fresh');

      const results: readonly PipelineResult[] = await Promise.all([old.result(), fresh.result()]);
      expect(results.map(({ output }) => output)).toEqual([
        { n: 2, text: 'old is done' },
        { n: 2, text: 'fresh is done' },
      ]);
      // One evaluation for each step and one for the output, and none at all.
      expect(await localActivitiesOf(old.workflowId)).toEqual([
        'intake',
        'evaluate',
        'evaluate',
        'evaluate',
        'evaluate',
      ]);
      expect(await localActivitiesOf(fresh.workflowId)).toEqual(['intake']);
    } finally {
      await now.shutdown();
    }
  });
});
