import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { settle } from '../../../activities/settle.js';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import { createJobApi, type JobApi, type JobHandle } from '../../../job-api/index.js';
import { until } from '../harness.js';

let emulator: Emulator;
let api: JobApi;
beforeAll(async () => {
  emulator = await startEmulator();
  api = createJobApi({ provider: { name: 'local', dialect: 'runpod', baseUrl: `${emulator.url}/v2` }, apiKey: 'test' });
});
afterAll(async () => {
  await api.close();
  await emulator.close();
});
beforeEach(() => emulator.clearFaults());

const MINUTE = 60_000;
const inTime = () => ({ deadline: Date.now() + 20_000 });
const ledger = (jobId: string) => emulator.jobs().find(({ id }) => id === jobId);

async function submit(endpointId: string, input: object, ageMs = 0): Promise<JobHandle> {
  const { jobId } = await api.run(endpointId, { input: input as never });
  const submittedAt = new Date(Date.now() - ageMs).toISOString();
  return { provider: 'local', endpointId, jobId, submittedAt, ttlMs: MINUTE };
}

describe('settle', () => {
  it('stops a job that runs, and one that waits', async () => {
    const running = await submit('sleep', { ms: MINUTE });
    const waiting = await submit('nobody', { a: 1 });
    expect(await settle(api, running, inTime())).toMatchObject({ outcome: 'stopped', job: { status: 'CANCELLED' } });
    expect(await settle(api, waiting, inTime())).toMatchObject({ outcome: 'stopped' });
    expect([ledger(running.jobId)?.status, ledger(waiting.jobId)?.status]).toEqual(['CANCELLED', 'CANCELLED']);
  });

  it('keeps the result of a job that finished before its cancel', async () => {
    const handle = await submit('echo', { a: 1 });
    await until('it is done', () => ledger(handle.jobId)?.status === 'COMPLETED');
    expect(await settle(api, handle, inTime())).toMatchObject({ outcome: 'finished-first', job: { output: { a: 1 } } });
  });

  it('keeps a result that wins the race while the cancel is on its way', async () => {
    const handle = await submit('sleep', { ms: 300 });
    emulator.setFaults([{ kind: 'delay', operation: 'cancel', delayMs: 800, times: 1 }]);
    expect(await settle(api, handle, inTime())).toMatchObject({
      outcome: 'finished-first',
      job: { status: 'COMPLETED' },
    });
  });

  it('asks again where the provider refuses, is busy or does not answer', async () => {
    const handle = await submit('sleep', { ms: MINUTE });
    emulator.setFaults([
      { kind: 'status', operation: 'status', httpStatus: 502, html: true, times: 1 },
      { kind: 'status', operation: 'cancel', httpStatus: 429, retryAfterSeconds: 1, times: 1 },
      { kind: 'reset', operation: 'cancel', times: 1 },
    ]);
    expect(await settle(api, handle, inTime())).toMatchObject({ outcome: 'stopped' });
  });

  it('cancels again where the provider accepts a cancel and forgets it', async () => {
    const handle = await submit('sleep', { ms: MINUTE });
    const forgotten = { kind: 'status', operation: 'cancel', httpStatus: 200, body: { status: 'CANCELLED' } } as const;
    emulator.setFaults([{ ...forgotten, times: 1 }]);
    expect(await settle(api, handle, inTime())).toMatchObject({ outcome: 'stopped', cancels: 2 });
  });

  it.each([400, 401, 404, 409, 500])('cancels again where a cancel is answered with %i', async (httpStatus) => {
    const handle = await submit('sleep', { ms: MINUTE }, MINUTE);
    emulator.setFaults([
      { kind: 'status', operation: 'cancel', httpStatus, body: { error: 'job not found' }, times: 2 },
    ]);
    expect(await settle(api, handle, inTime())).toMatchObject({ outcome: 'stopped', cancels: 3 });
  });

  it('cancels a job that cannot be read, and says that it has stopped once it can', async () => {
    const handle = await submit('sleep', { ms: MINUTE });
    emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 500 }]);
    const settled = settle(api, handle, inTime());
    await until('it is cancelled', () => ledger(handle.jobId)?.status === 'CANCELLED');
    emulator.clearFaults();
    expect(await settled).toMatchObject({ outcome: 'stopped' });
  });

  it('stops a job of which the provider says once that it does not know it', async () => {
    const handle = await submit('sleep', { ms: MINUTE }, MINUTE / 2 + 1_000);
    emulator.setFaults([
      { kind: 'status', operation: 'status', httpStatus: 404, body: { error: 'job not found' }, times: 1 },
    ]);
    expect(await settle(api, handle, inTime())).toMatchObject({ outcome: 'stopped' });
    expect(ledger(handle.jobId)?.status).toBe('CANCELLED');
  });

  it('says that a job is gone, but not of one so fresh that the provider may not know it yet', async () => {
    const old = await submit('sleep', { ms: MINUTE }, MINUTE / 2 + 1_000);
    const fresh = await submit('sleep', { ms: MINUTE });
    const dropped = { kind: 'drop-job', operation: 'status', times: 1 } as const;
    emulator.setFaults([dropped]);
    expect(await settle(api, old, inTime())).toMatchObject({ outcome: 'gone' });
    emulator.setFaults([dropped]);
    expect(await settle(api, fresh, { deadline: Date.now() + 1_000 })).toMatchObject({ outcome: 'unconfirmed' });
  });

  it('puts off the deadline by waits that were asked of it, where it may', async () => {
    const handle = await submit('sleep', { ms: MINUTE });
    const busy = { kind: 'status', operation: 'status', httpStatus: 429, retryAfterSeconds: 1, times: 1 } as const;
    // Nothing but those waits takes any time.
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const deadline = Date.now() + 500;
    emulator.setFaults([busy]);
    expect(await settle(api, handle, { deadline })).toMatchObject({ outcome: 'unconfirmed', cancels: 0 });
    emulator.setFaults([busy]);
    expect(await settle(api, handle, { deadline, waitsMs: 500 })).toMatchObject({ outcome: 'unconfirmed' });
    emulator.setFaults([busy]);
    expect(await settle(api, handle, { deadline, waitsMs: 1_000 })).toMatchObject({ outcome: 'stopped' });
  });

  it('calls a job unconfirmed that it could not see to end', async () => {
    const handle = await submit('sleep', { ms: MINUTE });
    emulator.setFaults([{ kind: 'status', operation: 'cancel', httpStatus: 500 }]);
    const settled = await settle(api, handle, { deadline: Date.now() + 1_000 });
    expect(settled).toMatchObject({ outcome: 'unconfirmed', job: { status: 'IN_PROGRESS' } });
    emulator.clearFaults();
    await settle(api, handle, inTime());
  });
});
