import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Context } from '@temporalio/activity';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import { type Stay, stayWithQuickJob } from '../../../activities/quick-job.js';
import type { StoreDriver } from '../../../artifacts/index.js';
import { loadConfig } from '../../../config/index.js';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import type { JobHandle } from '../../../job-api/index.js';
import { createDeps, type WorkerDeps } from '../../../worker/deps.js';
import { until } from '../harness.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
const quiet = new DefaultLogger('ERROR');

let emulator: Emulator;
let deps: WorkerDeps;
beforeAll(async () => {
  const handler = () => new Promise<never>(() => undefined);
  const broken = { handler: () => ({ error: 'no such model' }) };
  emulator = await startEmulator({ endpoints: { broken, later: { handler }, unknown: { handler: (input) => input } } });
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

/** Stays with a job as its submit does. On a busy machine a moment may be too short for what there is. */
function stay(
  handle: JobHandle,
  { store = deps.store, environment = new MockActivityEnvironment({}, { logger: quiet }), config = deps.config } = {},
) {
  const request = { handle, endpoint: 'local/any', inlineMaxBytes: 10 };
  const body = () => stayWithQuickJob(request, { ...deps, store, config }, Context.current());
  return environment.run(body) as Promise<Stay | undefined>;
}

const hasEnded = ({ jobId }: JobHandle) =>
  until('the job has ended', () => emulator.jobs().find(({ id }) => id === jobId)?.endedAt);

/** A store that no result of ours gets past. */
function storeThat(put: () => Promise<never>) {
  let tell = (_: 'asked') => {};
  const asked = new Promise<'asked'>((resolve) => {
    tell = resolve;
  });
  const store: StoreDriver = {
    ...deps.store,
    put: () => {
      tell('asked');
      return put();
    },
  };
  return { store, asked };
}

const LARGE = { text: 'longer than what stays inline' };

const UNKNOWN = { kind: 'unknown' };

test('the result is that of the wait for the job', async () => {
  const handle = await submit('echo', LARGE);
  await hasEnded(handle);
  const completed = await until('it is there in time', async () => {
    const known = await stay(handle);
    return known?.kind === 'completed' ? known.completed : undefined;
  });
  const { awaitJob } = createActivities(deps);
  const request = { handle, endpoint: 'local/any', queueMs: 60_000, runMs: 60_000, inlineMaxBytes: 10 };
  expect(completed).toEqual(await new MockActivityEnvironment({}, { logger: quiet }).run(awaitJob, request));
  expect(JSON.stringify(completed.output)).toContain('$artifact');
});

test('an endpoint of which nothing is known is not even asked, nor is one whose outputs lead to more', async () => {
  const endpoints = {
    echo: {
      ...{ alias: 'echo', use: [{ endpoint: 'local/any', provider: 'local', endpointId: 'echo' }] },
      capture: ['output.url'],
    },
  };
  for (const [endpointId, config] of [
    ['unknown', deps.config],
    ['echo', { ...deps.config, endpoints }],
  ] as const) {
    const { jobId } = await submit(endpointId, {});
    const handle = { provider: 'local', endpointId, jobId, submittedAt: new Date().toISOString(), ttlMs: 600_000 };
    const request = { handle, endpoint: endpointId, inlineMaxBytes: 10 };
    const jobApi = () => {
      throw new Error('it was asked');
    };
    const body = () => stayWithQuickJob(request, { ...deps, config, jobApi }, Context.current());
    expect(await new MockActivityEnvironment({}, { logger: quiet }).run(body)).toBeUndefined();
  }
});

test('a job that runs on is left to the wait after a moment, also where garbage is collected meanwhile', async () => {
  const handle = await submit('sleep', { ms: 600_000 });
  const collecting = setInterval(collectGarbage, 20);
  try {
    expect(await stay(handle)).toEqual(UNKNOWN);
  } finally {
    clearInterval(collecting);
  }
  expect(deps.pollSchedule('local', 'sleep').size).toBe(0);
});

test('a job that failed is left to the wait, which says why', async () => {
  const handle = await submit('broken', {});
  await hasEnded(handle);
  expect(await stay(handle)).toEqual(UNKNOWN);
  expect(deps.pollSchedule('local', 'broken').size).toBe(0);
});

test('nobody stays any more once it was in vain a few times', async () => {
  knownAsQuick('later');
  const handle = await submit('later', { ms: 600_000 });
  for (let n = 0; n < 4; n++) expect(await stay(handle)).toEqual(UNKNOWN);
  expect(await stay(handle)).toBeUndefined();
});

describe('a result that cannot be kept in a moment is left to the wait', () => {
  beforeEach(() => knownAsQuick('echo'));

  /** Until a stay came as far as the store: what became of it. */
  const untilStored = (put: () => Promise<never>, then: (environment: MockActivityEnvironment) => void = () => {}) =>
    until('a stay comes so far', async () => {
      const handle = await submit('echo', LARGE);
      await hasEnded(handle);
      const environment = new MockActivityEnvironment({}, { logger: quiet });
      const { store, asked } = storeThat(put);
      void asked.then(() => then(environment));
      const known = await stay(handle, { store, environment });
      return (await Promise.race([asked, undefined])) && known;
    });

  test('where the store refuses it', async () => {
    expect(await untilStored(() => Promise.reject(new Error('the store is away')))).toEqual(UNKNOWN);
  });

  test('where the store takes long', async () => {
    expect(await untilStored(() => new Promise(() => undefined))).toEqual(UNKNOWN);
  });

  test('where it is no longer wanted', async () => {
    const cancel = (environment: MockActivityEnvironment) => environment.cancel();
    expect(await untilStored(() => new Promise(() => undefined), cancel)).toEqual(UNKNOWN);
  });
});
