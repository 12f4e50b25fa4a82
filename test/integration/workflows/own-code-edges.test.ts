import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { jobRelayPlugin } from '../../../worker/index.js';
import { installRuntime } from '../../../worker/runtime.js';
import type * as workflows from '../../fixtures/own-workflows.js';
import { type Harness, startHarness, until } from '../harness.js';

installRuntime(() => undefined);

let harness: Harness;
let connection: NativeConnection;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  harness = await startHarness({ worker: false });
  connection = await NativeConnection.connect({ address: inject('temporal').address });
  const workflowsPath = fileURLToPath(new URL('../../fixtures/own-workflows.ts', import.meta.url));
  const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR') });
  const worker = await Worker.create({
    connection,
    namespace: inject('temporal').namespace,
    taskQueue: harness.taskQueue,
    workflowBundle,
    plugins: [jobRelayPlugin({ config: harness.config, env: {}, log: () => undefined })],
  });
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
  };
});
afterAll(async () => {
  await stopWorker();
  await connection.close();
  await harness.stop();
});

type Workflows = typeof workflows;

it('settles a job that its run let go of by continuing as new', async () => {
  const { temporal, taskQueue, emulator } = harness;
  const workflowId = randomUUID();
  const input = { endpoint: 'local/sleep', input: { ms: 600_000 } };
  const { firstExecutionRunId } = await temporal.workflow.start<Workflows['goesOn']>('goesOn', {
    ...{ workflowId, taskQueue },
    args: [input],
  });
  const first = temporal.workflow.getHandle(workflowId, firstExecutionRunId);
  await until('the job is awaited', async () =>
    (await first.describe()).raw.pendingActivities?.some(
      ({ activityType, lastStartedTime }) => activityType?.name === 'awaitJob' && lastStartedTime,
    ),
  );
  await first.signal('goOn');
  await until('it is cancelled', () => emulator.jobs()[0]?.status === 'CANCELLED');
});

it.each([
  ['circle', 'cannot be written as JSON'],
  ['bigint', 'cannot be written as JSON'],
  ['id', 'has 2000 characters'],
  ['list', 'no job to try'],
  ['items', 'a list of items'],
] as const)('fails the run, and not its workflow task, for an impossible %s', async (what, message) => {
  const { temporal, taskQueue } = harness;
  const result = temporal.workflow.execute<Workflows['impossible']>('impossible', {
    ...{ workflowId: randomUUID(), taskQueue },
    args: [what],
  });
  const failure = await result.catch((error: unknown) => (error instanceof WorkflowFailedError ? error.cause : error));
  expect(failure).toMatchObject({ type: 'InvalidRequest', message: expect.stringContaining(message) });
});
