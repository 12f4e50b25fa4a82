import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createClient } from '../../../client/index.js';
import { jobRelayPlugin } from '../../../worker/index.js';
import { startReaper } from '../../../worker/reaper.js';
import {
  awaitTaskQueueOf,
  reapScheduleId,
  SEARCH_ATTRIBUTES,
  type SearchAttributeName,
} from '../../../workflows/contract.js';
import type { ReapResult } from '../../../workflows/reap-contract.js';
import { type Harness, startHarness, until } from '../harness.js';

const quiet = new DefaultLogger('ERROR');

let harness: Harness;
let connection: NativeConnection;
beforeAll(async () => {
  harness = await startHarness();
  connection = await NativeConnection.connect({ address: inject('temporal').address });
});
afterAll(async () => {
  await connection.close();
  await harness.stop();
});

const MINUTE = { ms: 60_000 };
const NAMES = Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[];
const scheduleOf = (taskQueue: string) => harness.temporal.schedule.getHandle(reapScheduleId(taskQueue));
const statusOf = (mark: string) =>
  harness.emulator.jobs().flatMap(({ input, status }) => (Object(input).mark === mark ? [status] : []));

function reaper(taskQueue: string, reap: Harness['config']['reap']) {
  let counts = 0;
  const { stop } = startReaper({
    ...{ connection, namespace: 'default', taskQueue, reapTaskQueue: taskQueue, countEveryMs: 500 },
    config: reap === undefined ? {} : { reap },
    // Asked for each count, when the schedule is there.
    async searchAttributes() {
      counts += 1;
      return NAMES;
    },
    log: () => undefined,
  });
  return { stop, counts: () => counts };
}

/** Asks to be left alone, so that the activity of a waiting job is between two attempts when its run is terminated. */
async function terminateInBackoff(workflowId: string): Promise<void> {
  const run = await harness.relay.run(workflowId);
  await until('its job is awaited', async () => (await run.status()).pendingActivities[0]?.type === 'awaitJob');
  harness.emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 503, retryAfterSeconds: 60 }]);
  await until('its activity is in backoff', async () => {
    const [activity] = (await run.status()).pendingActivities;
    return activity?.state === 'scheduled' && activity.attempt > 1;
  });
  harness.emulator.clearFaults();
  await harness.temporal.workflow.getHandle(workflowId).terminate('test');
}

/** Results of all the schedule has started so far. */
async function resultsOf(taskQueue: string): Promise<ReapResult[]> {
  const query = `WorkflowType = "reap" AND TaskQueue = "${taskQueue}"`;
  const results: ReapResult[] = [];
  for await (const { workflowId, runId } of harness.temporal.workflow.list({ query })) {
    results.push(await harness.temporal.workflow.getHandle(workflowId, runId).result());
  }
  return results;
}

describe('a reaper', () => {
  it('sets up an hourly schedule, and leaves one alone that a person changed', async () => {
    const taskQueue = `reaper-${randomUUID()}`;
    const first = reaper(taskQueue, undefined);
    const schedule = scheduleOf(taskQueue);
    const described = await until('there is a schedule', () => schedule.describe().catch(() => undefined));
    expect(described).toMatchObject({
      spec: { intervals: [{ every: 3_600_000 }] },
      action: { workflowType: 'reap', taskQueue, args: [{ taskQueue }] },
    });
    first.stop();

    await schedule.update(({ state, ...rest }) => ({ ...rest, spec: { intervals: [{ every: '3h' }] }, state }));
    const second = reaper(taskQueue, { everyMs: 60_000 });
    await until('it has seen to the schedule', () => second.counts() > 0);
    expect((await schedule.describe()).spec.intervals).toMatchObject([{ every: 10_800_000 }]);
    second.stop();
    await schedule.delete();
  });

  it('does nothing where it is off', async () => {
    const taskQueue = `reaper-${randomUUID()}`;
    const off = reaper(taskQueue, 'off');
    const otherQueue = `reaper-${randomUUID()}`;
    const other = reaper(otherQueue, undefined);
    await until('one that is not off has counted', () => other.counts() > 0);
    other.stop();
    await scheduleOf(otherQueue).delete();
    expect(off.counts()).toBe(0);
    await expect(scheduleOf(taskQueue).describe()).rejects.toThrow();
  });

  it('starts reap when a run was terminated, once for each, and hands on how far it was', async () => {
    const { taskQueue } = harness;
    const looking = reaper(taskQueue, undefined);
    try {
      for (const mark of ['first', 'second']) {
        const run = await harness.relay.start('job', { endpoint: 'local/sleep', input: { ...MINUTE, mark } });
        await terminateInBackoff(run.workflowId);
        await until('its job is cancelled', () => statusOf(mark)[0] === 'CANCELLED');
      }
      const lookedAt = (results: readonly ReapResult[]) => results.reduce((sum, { runs }) => sum + runs, 0);
      const results = await until('what looked at both is listed', async () => {
        const listed = await resultsOf(taskQueue);
        return lookedAt(listed) >= 2 ? listed : undefined;
      });
      // However often it was started: each run was looked at once, since a start knows what those before it did.
      expect(lookedAt(results)).toBe(2);
      expect(results.map(({ outcomes }) => outcomes.stopped ?? 0).filter((count) => count > 0)).toEqual([1, 1]);
    } finally {
      looking.stop();
      await scheduleOf(taskQueue).delete();
    }
  });
});

describe('a worker with workflows of its author', () => {
  let worker: Worker;
  let running: Promise<void>;
  const taskQueue = `own-${randomUUID()}`;
  beforeAll(async () => {
    const workflowsPath = fileURLToPath(new URL('../../fixtures/own-workflows.ts', import.meta.url));
    const workflowBundle = await bundleWorkflowCode({ workflowsPath, logger: quiet });
    const { reap: _off, ...config } = harness.config;
    const plugin = jobRelayPlugin({ config, env: {}, log: () => undefined });
    worker = await Worker.create({ connection, taskQueue, workflowBundle, plugins: [plugin] });
    running = worker.run();
  });
  afterAll(async () => {
    worker.shutdown();
    await running;
    await scheduleOf(taskQueue).delete();
  });

  it('has reap on the queue beside its own, and the jobs of its runs settled', async () => {
    const relay = await createClient({ ...inject('temporal'), taskQueue });
    const schedule = await until('there is a schedule', () =>
      scheduleOf(taskQueue)
        .describe()
        .catch(() => undefined),
    );
    expect(schedule.action).toMatchObject({ taskQueue: awaitTaskQueueOf(taskQueue), args: [{ taskQueue }] });
    const workflowId = `one-${randomUUID()}`;
    const args = [{ endpoint: 'local/sleep', input: { ...MINUTE, mark: 'own' } }];
    await harness.temporal.workflow.start('one', { workflowId, taskQueue, args });
    await terminateInBackoff(workflowId);
    await until('it is settled', async () => {
      await relay.reap();
      return statusOf('own')[0] === 'CANCELLED';
    });
    await relay.close();
  });
});
