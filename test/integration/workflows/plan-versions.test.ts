import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { jobRelayPlugin, startWorker } from '../../../worker/index.js';
import { installRuntime } from '../../../worker/runtime.js';
import type { PipelineInput, PipelineResult } from '../../../workflows/contract.js';
import type { Intake, RecordedPlan } from '../../../workflows/plan.js';
import { type Harness, historyText, startHarness, until } from '../harness.js';

type Taken = Intake<RecordedPlan>;

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
    loud: { set: '{% [1..1000].$uppercase($steps.text.output) %}' },
    shout: { set: '{% $join([$steps.loud.output[999], "!"]) %}' },
  },
  output: { n: '{% $steps.next.output.n %}', text: '{% $steps.text.output %}', shout: '{% $steps.shout.output %}' },
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

/** A worker whose `intake` makes plans as before there was another version. */
async function startWorkerOf(change: (taken: Taken, input: unknown) => Taken): Promise<{ stop(): Promise<void> }> {
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
              return info.activityType === 'intake' ? change(result as Taken, input.args[0]) : result;
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

/** As it was when every value was told to the workflow. */
function asVersion3({ plan, ...taken }: Taken): Taken {
  return { ...taken, plan: { ...plan, v: 3 } };
}

/** As `intake` made it before the workflow took its input from its own start. */
function asVersion2({ plan, ...taken }: Taken, request: unknown): Taken {
  return { ...taken, plan: { ...plan, v: 2, input: (request as { input: PipelineInput }).input.input ?? {} } };
}

/** As it was before there were formulas. */
function asVersion1(taken: Taken, request: unknown): Taken {
  const { outputFormula: _, ...plan } = asVersion2(taken, request).plan;
  const steps = plan.steps.map(({ formula: __, ...step }) => step);
  return { ...taken, plan: { ...plan, v: 1, steps } };
}

describe('a run whose plan is of version', () => {
  it.each([
    // One evaluation for each step and one for the output.
    [1, asVersion1, ['intake', ...Array.from({ length: 6 }, () => 'evaluate')]],
    // None for what a formula says.
    [2, asVersion2, ['intake', 'evaluate', 'evaluate']],
    [3, asVersion3, ['intake', 'evaluate']],
  ] as const)(
    '%i goes on as it began, beside a run of version 4 on the same worker',
    async (version, change, asked) => {
      const before = await startWorkerOf(change);
      const old = await start(`old ${version}`);
      await until('the old run waits for its job', () => isAtTheGate(`old ${version}`));
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
        const fresh = await start(`fresh ${version}`);
        await until('the new run waits for its job', () => isAtTheGate(`fresh ${version}`));
        released.add(`old ${version}`).add(`fresh ${version}`);

        const results: readonly PipelineResult[] = await Promise.all([old.result(), fresh.result()]);
        expect(results.map(({ output }) => output)).toEqual([
          { n: 2, text: `old ${version} is done`, shout: `OLD ${version} IS DONE!` },
          { n: 2, text: `fresh ${version} is done`, shout: `FRESH ${version} IS DONE!` },
        ]);
        expect(await localActivitiesOf(old.workflowId)).toEqual(asked);
        // What is made of a value is evaluated with it, and only that value is told which somebody else reads.
        expect(await localActivitiesOf(fresh.workflowId)).toEqual(['intake', 'evaluate']);
        const timesLoud = async ({ workflowId }: { workflowId: string }, text: string) =>
          (await historyText(harness.temporal, workflowId)).split(text).length - 1;
        expect(await timesLoud(old, `OLD ${version} IS DONE`)).toBeGreaterThan(1_000);
        expect(await timesLoud(fresh, `FRESH ${version} IS DONE`)).toBeLessThan(10);
      } finally {
        await now.shutdown();
      }
    },
  );
});
