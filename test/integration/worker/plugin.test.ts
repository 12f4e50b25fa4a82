import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { ConfigError, jobRelayPlugin } from '../../../worker/index.js';
import { installRuntime } from '../../../worker/runtime.js';
import { awaitTaskQueueOf, type JobResult } from '../../../workflows/index.js';
import { type Harness, startHarness } from '../harness.js';

const quiet = new DefaultLogger('ERROR');
installRuntime(() => undefined);

let harness: Harness;
let workflowBundle: { readonly code: string };
beforeAll(async () => {
  harness = await startHarness({ worker: false });
  const workflowsPath = fileURLToPath(new URL('../../fixtures/own-workflows.ts', import.meta.url));
  workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: quiet });
});
afterAll(() => harness.stop());

let connection: NativeConnection;
beforeEach(async () => {
  connection = await NativeConnection.connect({ address: inject('temporal').address });
});
// Refused for as long as a worker has it: each test ends with none.
afterEach(() => connection.close());

const plugin = () => jobRelayPlugin({ config: harness.config, env: {}, log: () => undefined });

async function runJob(taskQueue: string): Promise<JobResult> {
  const args = [{ endpoint: 'local/echo', input: { a: 1 } }];
  return await harness.temporal.workflow.execute('one', { workflowId: `one-${randomUUID()}`, taskQueue, args });
}

describe('a worker with the plugin', () => {
  it('runs jobs, with the second worker that waits for them, for as long as it runs', async () => {
    const taskQueue = `plugin-${randomUUID()}`;
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, plugins: [plugin()] });
    expect(await worker.runUntil(runJob(taskQueue))).toMatchObject({ status: 'COMPLETED', output: { a: 1 } });
  });

  it('is running at once, and ends well before its second worker was made', async () => {
    const taskQueue = `plugin-${randomUUID()}`;
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, plugins: [plugin()] });
    const running = worker.run();
    expect(worker.getState()).toBe('RUNNING');
    worker.shutdown();
    await running;
  });

  it('keeps its own activities', async () => {
    const options = { connection, taskQueue: 'not-run', workflowBundle, plugins: [plugin()] };
    const worker = await Worker.create({ ...options, activities: { greet: async () => 'hello' } });
    expect([...worker.options.activities.keys()]).toEqual(expect.arrayContaining(['greet', 'submitJob', 'awaitJob']));
    await worker.runUntil(async () => undefined);
  });

  it('is not created where an activity has the name of one of ours', async () => {
    const activities = { submitJob: async () => undefined };
    const created = Worker.create({ connection, taskQueue: 'taken', activities, plugins: [plugin()] });
    await expect(created).rejects.toThrow('the worker has activities named submitJob');
  });

  it('is not created on a connection of another copy of the SDK, which it could not make a second worker for', async () => {
    const foreign = { plugins: [] } as unknown as NativeConnection;
    const created = Worker.create({ connection: foreign, taskQueue: 'foreign', plugins: [plugin()] });
    await expect(created).rejects.toThrow('another copy of @temporalio/worker');
  });

  it('is not created with a configuration that is wrong', async () => {
    const wrong = jobRelayPlugin({ env: { JOBRELAY_CONFIG: 'nowhere.yaml' } });
    const created = Worker.create({ connection, taskQueue: 'wrong', plugins: [wrong] });
    await expect(created).rejects.toBeInstanceOf(ConfigError);
  });

  it('fails where its second worker cannot be made, rather than submit jobs that nobody waits for', async () => {
    const taskQueue = `plugin-${randomUUID()}`;
    const activities = { greet: async () => 'hello' };
    // The SDK takes one worker of a connection for a queue.
    const inTheWay = await Worker.create({ connection, taskQueue: awaitTaskQueueOf(taskQueue), activities });
    const worker = await Worker.create({ connection, taskQueue, workflowBundle, plugins: [plugin()] });
    await expect(worker.run()).rejects.toThrow();
    expect(worker.getState()).toBe('STOPPED');
    await inTheWay.runUntil(async () => undefined);
  });
});

describe('one plugin', () => {
  it('serves several workers, from the connection that they share', async () => {
    const shared = await NativeConnection.connect({ address: inject('temporal').address, plugins: [plugin()] });
    const queues = [`plugin-${randomUUID()}`, `plugin-${randomUUID()}`];
    const results = await Promise.all(
      queues.map(async (taskQueue) => {
        const worker = await Worker.create({ connection: shared, taskQueue, workflowBundle });
        return await worker.runUntil(runJob(taskQueue));
      }),
    );
    expect(results.map(({ status }) => status)).toEqual(['COMPLETED', 'COMPLETED']);
    await shared.close();
  });
});
