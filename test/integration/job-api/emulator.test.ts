import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import { classifyEnd, createJobApi, type JobApi } from '../../../job-api/index.js';

let emulator: Emulator;
let api: JobApi;

beforeAll(async () => {
  emulator = await startEmulator({ port: 0 });
  const provider = { name: 'local', dialect: 'runpod', baseUrl: `${emulator.url}/v2` } as const;
  api = createJobApi({ provider, apiKey: 'any-key' });
});
afterAll(async () => {
  await api.close();
  await emulator.close();
});

beforeEach(() => emulator.clearFaults());

test('a job is submitted, followed by long poll and read', async () => {
  const { jobId, status } = await api.run('sleep', { input: { ms: 200 } });
  expect(status).toBe('IN_QUEUE');
  const job = await api.statusSync('sleep', jobId, { waitMs: 10_000 });
  expect(job).toMatchObject({ jobId, status: 'COMPLETED', output: { ms: 200 }, executionTimeMs: expect.any(Number) });
  expect(classifyEnd(job)).toEqual({ kind: 'completed' });
});

test('a job is run in one request', async () => {
  expect(await api.runSync('echo', { input: { a: 1 } })).toMatchObject({ status: 'COMPLETED', output: { a: 1 } });
});

test('an exception comes back taken apart', async () => {
  const job = await api.runSync('fail', { input: { message: 'no such image' } });
  expect(classifyEnd(job)).toMatchObject({
    kind: 'JobFailed',
    error: { message: 'no such image', type: expect.any(String), traceback: expect.any(String) },
  });
});

test('a stream is read until the job has ended and nothing is left', async () => {
  const { jobId } = await api.run('count', { input: { to: 4, everyMs: 5 } });
  const chunks: unknown[] = [];
  for (;;) {
    const read = await api.stream('count', jobId, { waitMs: 1_000 });
    chunks.push(...read.chunks.map((chunk) => chunk.output));
    if (read.status === 'COMPLETED' && read.chunks.length === 0) break;
  }
  expect(chunks).toEqual([1, 2, 3, 4]);
});

test('a job is cancelled, and an ended one is queued once more', async () => {
  const { jobId } = await api.run('sleep', { input: { ms: 60_000 } });
  expect(await api.cancel('sleep', jobId)).toMatchObject({ jobId, status: 'CANCELLED' });
  expect(classifyEnd(await api.status('sleep', jobId)).kind).toBe('JobCancelled');

  const failed = await api.runSync('fail', { input: { message: 'again' } });
  expect(await api.retry('fail', failed.jobId)).toMatchObject({ jobId: failed.jobId, status: 'IN_QUEUE' });
});

test('a queue without workers is seen, and purged', async () => {
  for (let n = 0; n < 3; n += 1) await api.run('nobody', { input: { n } });
  expect(await api.health('nobody')).toMatchObject({ jobs: { inQueue: 3 } });
  expect(await api.purgeQueue('nobody')).toEqual({ removed: 3 });
});

test('a job that nobody knows is not found', async () => {
  await expect(api.status('echo', 'no-such-job')).rejects.toMatchObject({ code: 'JobNotFound' });
});

test('a lost answer leaves the fate of a submit open, and the job is made once', async () => {
  emulator.setFaults([{ kind: 'lose-answer', operation: 'run', times: 1 }]);
  await expect(api.run('lost', { input: { a: 1 } })).rejects.toMatchObject({ code: 'SubmitAmbiguous' });
  expect(emulator.jobs().filter((job) => job.endpoint === 'lost')).toHaveLength(1);
});

test('a limit is passed on with the time to wait', async () => {
  emulator.setFaults([{ kind: 'status', operation: 'run', httpStatus: 429, retryAfterSeconds: 2, times: 1 }]);
  await expect(api.run('echo', { input: { a: 1 } })).rejects.toMatchObject({
    code: 'RateLimited',
    retryAfterMs: 2_000,
  });
});
