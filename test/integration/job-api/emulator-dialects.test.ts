import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import { createJobApi, isTerminal, type JobApi, type RemoteJob } from '../../../job-api/index.js';

let emulator: Emulator;
beforeAll(async () => {
  emulator = await startEmulator({ port: 0 });
});
afterAll(() => emulator.close());

/** Each dialect's base, and what its endpoints are called. */
const DIALECTS = [
  ['runpod', '/v2', (id: string) => id],
  ['submodel', '/v1/sl', (id: string) => id],
  ['gateway', '/v1/runpod', (id: string) => `images/${id}`],
] as const;

describe.each(DIALECTS)('the emulator, spoken to in the dialect %s,', (dialect, path, nameOf) => {
  let api: JobApi;
  beforeAll(() => {
    api = createJobApi({ provider: { name: 'local', dialect, baseUrl: `${emulator.url}${path}` }, apiKey: 'any' });
  });
  afterAll(() => api.close());

  const submit = async (endpoint: string, input: { readonly [field: string]: string | number }) => {
    const { jobId, endpointId = nameOf(endpoint) } = await api.run(nameOf(endpoint), { input });
    return { jobId, endpointId };
  };
  const ended = async ({ jobId, endpointId }: Awaited<ReturnType<typeof submit>>) => {
    let job: RemoteJob | undefined;
    // The gateway's answers are up to two seconds old.
    await expect
      .poll(
        async () => {
          job = await api.status(endpointId, jobId);
          return isTerminal(job.status);
        },
        { timeout: 45_000, interval: 100 },
      )
      .toBe(true);
    return job;
  };

  test('runs a job to its end', async () => {
    const place = await submit('echo', { text: 'a' });
    expect(place.endpointId).toBe(nameOf('echo'));
    expect(await ended(place)).toMatchObject({ status: 'COMPLETED', output: { text: 'a' }, succeeded: true });
  });

  test('runs a job in one request', async () => {
    expect(await api.runSync(nameOf('echo'), { input: { a: 1 } }, { waitMs: 10_000 })).toMatchObject({
      status: 'COMPLETED',
      output: { a: 1 },
    });
  });

  test('gives a stream in whole, and its end by the status', async () => {
    const place = await submit('count', { to: 3, everyMs: 1 });
    await ended(place);
    const { chunks } = await api.stream(place.endpointId, place.jobId, { waitMs: 1_000 });
    expect(chunks.map(({ output }) => output)).toEqual([1, 2, 3]);
  });

  test('cancels a job', async () => {
    const place = await submit('sleep', { ms: 60_000 });
    await api.cancel(place.endpointId, place.jobId);
    expect(await ended(place)).toMatchObject({ status: 'CANCELLED', completed: true, succeeded: false });
  });

  test('knows its health, and empties its queue', async () => {
    const endpointId = nameOf(`nobody-${dialect}`);
    await api.run(endpointId, { input: { n: 1 } });
    expect(await api.health(endpointId)).toMatchObject({ jobs: { inQueue: 1 } });
    expect(await api.purgeQueue(endpointId)).toEqual({ removed: 1 });
  });

  test('says of a job that it does not know it', async () => {
    await expect(api.status(nameOf('echo'), 'no-such-job')).rejects.toMatchObject({ code: 'JobNotFound' });
  });
});
