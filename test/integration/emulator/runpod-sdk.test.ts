import runpodSdk from 'runpod-sdk';
import { describe, expect, it } from 'vitest';
import { emulatorForTest, eventually } from './harness.js';

async function sdkAgainstEmulator(endpointId: string) {
  const emulator = await emulatorForTest();
  const endpoint = runpodSdk('any-key', { baseUrl: `${emulator.url}/v2` }).endpoint(endpointId);
  if (!endpoint) throw new Error('the SDK made no endpoint');
  return { emulator, endpoint };
}

describe('the official runpod-sdk, unchanged', () => {
  it('runs a job and reads its status', async () => {
    const { endpoint } = await sdkAgainstEmulator('echo');
    const { id, status } = await endpoint.run({ input: { text: 'hello' } });
    expect(status).toBe('IN_QUEUE');
    const done = await eventually(async () => {
      const job = await endpoint.status(id);
      expect(job.status).toBe('COMPLETED');
      return job;
    });
    expect(done).toMatchObject({ id, output: { text: 'hello' }, started: true, completed: true, succeeded: true });
  });

  it('runs a job and waits for it in one call', async () => {
    const { endpoint } = await sdkAgainstEmulator('sleep');
    const job = await endpoint.runSync({ input: { ms: 20 } });
    expect(job).toMatchObject({ status: 'COMPLETED', output: { ms: 20 }, succeeded: true });
    expect(job.id).toMatch(/^sync-/);
  });

  it('sees a failed job', async () => {
    const { endpoint } = await sdkAgainstEmulator('fail');
    const job = await endpoint.runSync({ input: { message: 'no luck' } });
    expect(job).toMatchObject({ status: 'FAILED', completed: true, succeeded: false });
  });

  it('waits for a job by status-sync', async () => {
    const { endpoint } = await sdkAgainstEmulator('sleep');
    const { id } = await endpoint.run({ input: { ms: 20 } });
    expect(await endpoint.statusSync(id)).toMatchObject({ id, status: 'COMPLETED' });
  });

  it('streams the chunks of a generator', async () => {
    const { endpoint } = await sdkAgainstEmulator('count');
    const { id } = await endpoint.run({ input: { to: 5, everyMs: 5 } });
    const chunks: unknown[] = [];
    for await (const chunk of endpoint.stream(id)) chunks.push(chunk.output);
    expect(chunks).toEqual([1, 2, 3, 4, 5]);
  });

  it('cancels a job', async () => {
    const { endpoint, emulator } = await sdkAgainstEmulator('sleep');
    const { id } = await endpoint.run({ input: { ms: 60_000 } });
    expect(await endpoint.cancel(id)).toMatchObject({ id, status: 'CANCELLED' });
    expect(emulator.jobs()).toMatchObject([{ id, status: 'CANCELLED' }]);
  });

  it('reads the health of an endpoint', async () => {
    const { endpoint } = await sdkAgainstEmulator('echo');
    await endpoint.runSync({ input: { a: 1 } });
    expect(await endpoint.health()).toMatchObject({
      jobs: { completed: 1, failed: 0, inProgress: 0, inQueue: 0, retried: 0 },
      workers: { idle: 3, initializing: 0, ready: 3, running: 0, throttled: 0 },
    });
  });

  it('purges a queue', async () => {
    const { endpoint } = await sdkAgainstEmulator('nobody-home');
    await endpoint.run({ input: { a: 1 } });
    await endpoint.run({ input: { a: 2 } });
    expect(await endpoint.purgeQueue()).toMatchObject({ removed: 2, status: 'completed' });
  });

  it('is refused with a wrong key, and can read the status', async () => {
    const emulator = await emulatorForTest({ apiKey: 'right' });
    const endpoint = runpodSdk('wrong', { baseUrl: `${emulator.url}/v2` }).endpoint('echo');
    await expect(endpoint?.run({ input: { a: 1 } })).rejects.toMatchObject({ response: { status: 401 } });
  });
});
