import { Context } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CompletedJob } from '../../../activities/contract.js';
import { createActivities } from '../../../activities/index.js';
import { quickResult } from '../../../activities/quick-result.js';
import type { StoreDriver } from '../../../artifacts/index.js';
import { loadConfig } from '../../../config/index.js';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import type { JobHandle } from '../../../job-api/index.js';
import { createDeps, type WorkerDeps } from '../../../worker/deps.js';
import { until } from '../harness.js';

const quiet = new DefaultLogger('ERROR');

let emulator: Emulator;
let deps: WorkerDeps;
beforeAll(async () => {
  const broken = { handler: () => ({ error: 'no such model' }) };
  emulator = await startEmulator({ endpoints: { broken, unknown: { handler: (input) => input } } });
  deps = createDeps(await loadConfig({ env: {}, emulatorUrl: emulator.url }), {}, async () => []);
  for (const endpointId of ['echo', 'sleep', 'broken']) knownAsQuick(endpointId);
});
afterAll(async () => {
  await deps.close();
  await emulator.close();
});

function knownAsQuick(endpointId: string): void {
  const schedule = deps.pollSchedule('local', endpointId);
  for (let n = 0; n < 100; n++) {
    const seat = schedule.join({ jobId: `earlier-${n}`, submittedAt: new Date().toISOString() });
    seat.told({ jobId: `earlier-${n}`, status: 'COMPLETED', delayTimeMs: 1, executionTimeMs: 1 });
    seat.leave();
  }
}

async function submit(endpointId: string, input: object): Promise<JobHandle> {
  const { jobId } = await deps.jobApi('local').run(endpointId, { input: input as never });
  return { provider: 'local', endpointId, jobId, submittedAt: new Date().toISOString(), ttlMs: 600_000 };
}

/** Submits a job, waits until it has ended, and looks for its result as its submit does; a look may be too slow on a busy machine. */
function looking(
  handle: JobHandle,
  { store = deps.store, environment = new MockActivityEnvironment({}, { logger: quiet }) } = {},
) {
  const request = { handle, endpoint: 'local/any', inlineMaxBytes: 10 };
  const look = () => quickResult(request, { ...deps, store }, Context.current());
  return environment.run(look) as Promise<CompletedJob | undefined>;
}

const hasEnded = ({ jobId }: JobHandle) =>
  until('the job has ended', () => emulator.jobs().find(({ id }) => id === jobId)?.endedAt);

/** A store that no result of ours gets past. */
function storeThat(put: () => Promise<never>) {
  let asked = 0;
  const store: StoreDriver = {
    ...deps.store,
    put: () => {
      asked += 1;
      return put();
    },
  };
  return { store, wasAsked: () => asked > 0 };
}

const LARGE = { text: 'longer than what stays inline' };

test('the result is that of the wait for the job', async () => {
  const handle = await submit('echo', LARGE);
  await hasEnded(handle);
  const quick = await until('a look is in time', () => looking(handle));
  const { awaitJob } = createActivities(deps);
  const request = { handle, endpoint: 'local/any', queueMs: 60_000, runMs: 60_000, inlineMaxBytes: 10 };
  expect(quick).toEqual(await new MockActivityEnvironment({}, { logger: quiet }).run(awaitJob, request));
  expect(JSON.stringify(quick.output)).toContain('$artifact');
});

test('an endpoint of which nothing is known is not even asked', async () => {
  const handle = await submit('unknown', {});
  await hasEnded(handle);
  emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 503, times: 1 }]);
  expect(await looking(handle)).toBeUndefined();
  // The fault is still there for whoever asks first.
  await expect(deps.jobApi('local').status('unknown', handle.jobId)).rejects.toThrow('503');
});

test.each([
  { what: 'runs on', endpointId: 'sleep', input: { ms: 600_000 } },
  { what: 'failed', endpointId: 'broken', input: {} },
])('a job that $what is left to the wait, and its seat given up', async ({ endpointId, input }) => {
  const handle = await submit(endpointId, input);
  expect(await looking(handle)).toBeUndefined();
  expect(deps.pollSchedule('local', endpointId).size).toBe(0);
});

test('a result that cannot be kept is left to the wait, which tells why', async () => {
  const handle = await submit('echo', LARGE);
  await hasEnded(handle);
  const { store, wasAsked } = storeThat(() => Promise.reject(new Error('the store is away')));
  await until('a look has come so far', async () => {
    expect(await looking(handle, { store })).toBeUndefined();
    return wasAsked();
  });
});

test('a cancel does not wait for a large result', async () => {
  const handle = await submit('echo', LARGE);
  await hasEnded(handle);
  const { store, wasAsked } = storeThat(() => new Promise<never>(() => undefined));
  await until('a look has come so far', async () => {
    const environment = new MockActivityEnvironment({}, { logger: quiet });
    const look = looking(handle, { store, environment });
    const over = look.then(() => 'over' as const);
    await until('it stores, or was too slow', async () => wasAsked() || (await Promise.race([over, undefined])));
    if (!wasAsked()) return false;
    environment.cancel();
    expect(await look).toBeUndefined();
    return true;
  });
});
