import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import {
  createJobApi,
  DOCUMENTED_LIMITS,
  EndpointLimiter,
  HeldBack,
  InvalidRequest,
  type JobApi,
  RateLimited,
  type RateLimits,
  withLimits,
} from '../../../job-api/index.js';
import { SteppedClock } from '../../fixtures/stepped-clock.js';
import { until } from '../harness.js';

let emulator: Emulator;
let plain: JobApi;
beforeAll(async () => {
  emulator = await startEmulator({
    limits: 'documented',
    endpoints: { busy: { workers: 3, handler: untilCancelled } },
  });
  plain = createJobApi({
    provider: { name: 'local', dialect: 'runpod', baseUrl: `${emulator.url}/v2` },
    apiKey: 'test',
  });
});
afterAll(async () => {
  await plain.close();
  await emulator.close();
});
beforeEach(() => emulator.clearFaults());

function untilCancelled(_input: unknown, { signal }: { readonly signal: AbortSignal }): Promise<null> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve(null), { once: true }));
}

function limited(limits: RateLimits = DOCUMENTED_LIMITS.runpod): JobApi {
  const limiter = new EndpointLimiter({ name: 'local', limits });
  return withLimits(plain, () => limiter);
}

describe('a client within limits', () => {
  test('is never refused by a provider that keeps to the documented ones', async () => {
    const api = limited();
    const purges = await Promise.allSettled([1, 2, 3].map(() => api.purgeQueue('purged')));
    expect(purges.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
    expect(purges[2]).toMatchObject({ reason: expect.any(HeldBack) });
    // Without the limiter it is the provider that says no.
    await expect(plain.purgeQueue('purged')).rejects.toSatisfy(
      (error) => error instanceof RateLimited && !(error instanceof HeldBack),
    );
    // What is held back holds up nothing else.
    await expect(api.health('purged')).resolves.toBeDefined();
  });

  test('submits more than are taken at once, those that find no place by appointment, and loses none', async () => {
    const api = limited();
    const submit = (n: number): Promise<{ readonly jobId: string }> =>
      api.run('echo', { input: { n } }).catch(async (error: unknown) => {
        if (!(error instanceof HeldBack)) throw error;
        await delay(error.retryAfterMs);
        return submit(n);
      });
    const jobs = await Promise.all(Array.from({ length: 600 }, (_, n) => submit(n)));
    expect(new Set(jobs.map(({ jobId }) => jobId)).size).toBe(600);
  });

  test('keeps the place of a request whose answer it did not wait for, as the provider does', async () => {
    const clock = new SteppedClock();
    const limits = {
      scope: 'endpoint',
      budgets: { read: { operations: ['status'], windows: [], atOnce: 1 } },
    } as const;
    const limiter = new EndpointLimiter({ name: 'local', limits, clock });
    const api = withLimits(plain, () => limiter);
    const { jobId } = await plain.run('busy', { input: { a: 1 } });
    emulator.setFaults([{ kind: 'delay-answer', operation: 'status', delayMs: 600_000, times: 1 }]);
    const leaving = new AbortController();
    const left = expect(api.status('busy', jobId, { signal: leaving.signal })).rejects.toThrow('left');
    await until('it is at the provider', async () => {
      const answer = await fetch(`${emulator.url}/_emulator/faults`);
      return ((await answer.json()) as { faults: { hits: number }[] }).faults[0]?.hits === 1;
    });
    leaving.abort(new Error('left'));
    await left;
    const held = expect(api.status('busy', jobId)).rejects.toBeInstanceOf(HeldBack);
    await clock.pass(1_000);
    await held;
    await clock.pass(1_000);
    await expect(api.status('busy', jobId)).resolves.toMatchObject({ jobId });
  });

  test('asks nothing more of an endpoint that named a time', async () => {
    const api = limited();
    emulator.setFaults([{ kind: 'status', operation: 'run', httpStatus: 429, retryAfterSeconds: 20, times: 1 }]);
    await expect(api.run('echo', { input: { a: 1 } })).rejects.toMatchObject({ code: 'RateLimited', httpStatus: 429 });
    const before = emulator.jobs().length;
    for (const request of [
      () => api.run('echo', { input: { a: 1 } }),
      () => api.status('echo', 'x'),
      () => api.health('echo'),
    ]) {
      await expect(request()).rejects.toBeInstanceOf(HeldBack);
    }
    expect(emulator.jobs()).toHaveLength(before);
  });

  test('has room for more where the counters tell that more workers run', async () => {
    const small = { operations: ['status'], windows: [{ requests: 1, windowMs: 10_000 }], perWorker: 2 } as const;
    const api = limited({ scope: 'endpoint', budgets: { read: small } });
    const handles = await Promise.all([1, 2, 3].map((n) => plain.run('busy', { input: { n } })));
    await expect.poll(async () => (await api.health('busy')).workers.running).toBe(3);
    const reads = await Promise.allSettled(
      Array.from({ length: 7 }, () => api.status('busy', handles[0]?.jobId ?? '')),
    );
    expect(reads.filter(({ status }) => status === 'fulfilled')).toHaveLength(6);
    await Promise.all(handles.map(({ jobId }) => plain.cancel('busy', jobId)));
  });

  test('refuses what the dialect does not have without taking a place', async () => {
    const provider = { name: 'sub', dialect: 'submodel', baseUrl: `${emulator.url}/v1/sl` } as const;
    const api = createJobApi({ provider, apiKey: 'test' });
    const none: RateLimits = {
      scope: 'endpoint',
      budgets: { retry: { operations: ['retry'], windows: [{ requests: 1, windowMs: 60_000 }] } },
    };
    const limiter = new EndpointLimiter({ name: 'sub', limits: none });
    const within = withLimits(api, () => limiter);
    for (let n = 0; n < 3; n++) await expect(within.retry('echo', 'x')).rejects.toBeInstanceOf(InvalidRequest);
    await api.close();
  });

  test('tells when a submit is about to leave, and sends none where that is answered with an error', async () => {
    const before = emulator.jobs().length;
    const beforeSend = () => Promise.reject(new Error('the run is gone'));
    await expect(limited().run('echo', { input: { a: 1 } }, { beforeSend })).rejects.toThrow('the run is gone');
    expect(emulator.jobs()).toHaveLength(before);
  });
});
