import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import { RunCancelled } from '../../../client/index.js';
import type { JobHandle, JsonValue } from '../../../job-api/index.js';
import { createDeps } from '../../../worker/deps.js';
import { type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  const handler = (input: JsonValue) => input;
  harness = await startHarness({ endpoints: { moment: { handler } } });
});
afterAll(() => harness.stop());

async function activitiesOf(workflowId: string): Promise<string[]> {
  const { events } = await harness.temporal.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
}

async function runJob(endpoint: string, n = 0) {
  const run = await harness.relay.start('job', { endpoint, input: { n } });
  const result = await run.result();
  return { result, activities: await activitiesOf(run.workflowId) };
}

/** Runs jobs until one ends with its submit. A look may be too slow for that on a busy machine, so it may take a few more. */
const untilQuick = (endpoint: string) =>
  until('a job ends with its submit', async () => {
    const job = await runJob(endpoint);
    return job.activities.includes('awaitJob') ? undefined : job;
  });

describe('an endpoint that ends jobs in a moment', () => {
  test('costs one activity a job once that is known, and the results say the same', async () => {
    const before = await runJob('local/moment');
    expect(before.activities).toEqual(['submitJob', 'awaitJob']);
    const { activities, result } = await untilQuick('local/moment');
    expect(activities).toEqual(['submitJob']);
    expect(result).toMatchObject({ status: 'COMPLETED', endpoint: 'local/moment', output: { n: 0 } });
    expect(result.attempts).toMatchObject([{ jobId: result.jobId, outcome: 'COMPLETED' }]);
    expect(result.usage.jobs).toBe(1);
    expect(Object.keys(result)).toEqual(Object.keys(before.result));
  });

  test('is asked for each item of a step once, and in order', async () => {
    await untilQuick('local/moment');
    const before = harness.emulator.jobs().length;
    const items = Array.from({ length: 40 }, (_, n) => n);
    const { output, usage } = await harness.relay
      .start('pipeline', {
        definition: {
          version: 1,
          steps: { each: { forEach: items, concurrency: 8, endpoint: 'local/moment', input: { n: '{% $item %}' } } },
          output: '{% $steps.each.output.n %}',
        },
      })
      .then((run) => run.result());
    expect(output).toEqual(items);
    expect(usage.jobs).toBe(items.length);
    expect(harness.emulator.jobs()).toHaveLength(before + items.length);
  });

  test('is awaited where its output is to be checked', async () => {
    await untilQuick('local/moment');
    const outputSchema = { type: 'object', required: ['text'] };
    const run = await harness.relay.start('job', { endpoint: 'local/moment', input: { n: 1 }, outputSchema });
    await expect(run.result()).rejects.toMatchObject({ type: 'OutputRejected' });
    expect(await activitiesOf(run.workflowId)).toEqual(['submitJob', 'awaitJob']);
  });
});

test('a result that comes with the submit after a cancel is waste, and nothing is settled for it', async () => {
  const { config, relay, temporal, taskQueue } = harness;
  const queue = `${taskQueue}-by-hand`;
  const deps = createDeps(config, {}, async () => []);
  const connection = await NativeConnection.connect({ address: inject('temporal').address });
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const handle: JobHandle = {
    ...{ provider: 'local', endpointId: 'moment', jobId: 'j-1', ttlMs: 600_000 },
    submittedAt: new Date().toISOString(),
  };
  const submitJob = async () => {
    await released;
    return { handle, completed: { output: 1, executionTimeMs: 20 } };
  };
  const worker = await Worker.create({
    ...{ connection, namespace: inject('temporal').namespace, taskQueue: queue },
    workflowBundle: { codePath: inject('workflowBundle') },
    activities: { ...createActivities(deps), submitJob },
  });
  const cancelled = await worker.runUntil(async () => {
    const input = { endpoint: 'local/moment', input: { n: 1 } };
    const { workflowId } = await temporal.workflow.start('job', {
      ...{ taskQueue: queue, workflowId: queue, args: [input] },
    });
    const run = await relay.run(workflowId);
    await until('it is submitted', async () => (await run.status()).pendingActivities.length > 0);
    await run.cancel();
    await until('the submit is asked to end', async () => {
      const { events } = await temporal.workflow.getHandle(workflowId).fetchHistory();
      return events?.some((event) => event.activityTaskCancelRequestedEventAttributes);
    });
    release();
    return await run.result().catch((error: unknown) => error);
  });
  await connection.close();
  await deps.close();
  expect(cancelled).toBeInstanceOf(RunCancelled);
  expect((cancelled as RunCancelled).settlement).toMatchObject({
    jobs: [{ handle, settled: 'finished-first' }],
    usage: { jobs: 1, executionMs: 20, wastedMs: 20 },
  });
  expect(await activitiesOf(queue)).toEqual(['submitJob']);
});
