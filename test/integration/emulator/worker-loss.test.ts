import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';
import { ScriptedWorker } from './scripted-worker.js';

const LEASE_MS = 20_000;

async function workerWithJob() {
  const clock = new TestClock();
  const emulator = await emulatorForTest({ clock, workerLeaseMs: LEASE_MS });
  const worker = new ScriptedWorker(emulator, 'draw');
  const id = await emulator.submit('draw', { a: 1 });
  await worker.take();
  const status = async () => (await emulator.get(`/v2/draw/status/${id}`)).body;
  return { clock, emulator, worker, id, status };
}

describe('a worker that goes silent', () => {
  it('loses its job to another, which has it as a retry', async () => {
    const { clock, emulator, id, status } = await workerWithJob();
    clock.advance(LEASE_MS);
    expect((await status()).status).toBe('IN_QUEUE');
    const other = new ScriptedWorker(emulator, 'draw', { id: 'other' });
    clock.advance(3_000);
    expect(await other.take()).toMatchObject({ id, input: { a: 1 } });
    expect(await status()).toEqual({ id, status: 'IN_PROGRESS', delayTime: 3_000, workerId: 'other', retries: 1 });
    clock.advance(500);
    await other.done(id, { output: 'drawn' });
    expect(await status()).toMatchObject({ status: 'COMPLETED', executionTime: 500, retries: 1 });
    expect(emulator.jobs()).toMatchObject([{ id, billedMs: LEASE_MS + 500 }]);
  });

  it('fails the job where it is the second', async () => {
    const { clock, emulator, status } = await workerWithJob();
    clock.advance(LEASE_MS);
    await new ScriptedWorker(emulator, 'draw', { id: 'other' }).take();
    clock.advance(LEASE_MS);
    expect(await status()).toMatchObject({ status: 'FAILED', error: 'job timed out after 1 retries', retries: 1 });
    expect((await emulator.get('/v2/draw/health')).body).toMatchObject({
      jobs: { failed: 1, retried: 1 },
      workers: { running: 0 },
    });
  });

  it('is told to stop when it comes back, and what it says of the job is dropped', async () => {
    const { clock, worker, id, status } = await workerWithJob();
    clock.advance(LEASE_MS);
    expect(await worker.stopSignals()).toEqual([id]);
    await worker.done(id, { output: 'too late' });
    expect((await status()).status).toBe('IN_QUEUE');
  });

  it.each([
    ['a heartbeat that names it', (worker: ScriptedWorker, id: string) => worker.ping('another', id)],
    ['progress', (worker: ScriptedWorker, id: string) => worker.progress(id, 1)],
    ['a chunk', (worker: ScriptedWorker, id: string) => worker.stream(id, 1)],
  ])('keeps its job as long as there is %s', async (_what, sign) => {
    const { clock, worker, id, status } = await workerWithJob();
    for (let beat = 0; beat < 3; beat += 1) {
      clock.advance(LEASE_MS - 1);
      await sign(worker, id);
    }
    expect((await status()).status).toBe('IN_PROGRESS');
    clock.advance(LEASE_MS);
    expect((await status()).status).toBe('IN_QUEUE');
  });

  it('loses a job that its heartbeat no longer names', async () => {
    const { clock, worker, status } = await workerWithJob();
    clock.advance(LEASE_MS - 1);
    await worker.ping();
    clock.advance(1);
    expect((await status()).status).toBe('IN_QUEUE');
  });
});

describe('a worker that is killed', () => {
  it('loses its job although its heartbeat, a process of its own, goes on', async () => {
    const { clock, emulator, worker, id, status } = await workerWithJob();
    const stops = worker.stopSignals().catch(() => 'killed');
    await eventually(() => expect(clock.isWaitedFor(80_000)).toBe(true));
    await worker.kill();
    expect(await stops).toBe('killed');
    // The emulator ends the poll once it knows that the connection is closed.
    await eventually(() => expect(clock.isWaitedFor(80_000)).toBe(false));
    clock.advance(LEASE_MS - 1);
    await worker.ping(id);
    clock.advance(1);
    expect((await status()).status).toBe('IN_QUEUE');
    clock.advance(LEASE_MS);
    expect((await emulator.get('/v2/draw/health')).body.workers).toMatchObject({ running: 0, idle: 0 });
  });

  it('keeps its job where its connection alone was lost', async () => {
    const { clock, emulator, worker, id, status } = await workerWithJob();
    const stops = worker.stopSignals().catch(() => 'cut');
    await eventually(() => expect(clock.isWaitedFor(80_000)).toBe(true));
    await worker.kill();
    await stops;
    await eventually(() => expect(clock.isWaitedFor(80_000)).toBe(false));
    const reconnected = new ScriptedWorker(emulator, 'draw');
    const again = reconnected.stopSignals();
    await eventually(() => expect(clock.isWaitedFor(80_000)).toBe(true));
    clock.advance(LEASE_MS - 1);
    await worker.ping(id);
    clock.advance(LEASE_MS - 1);
    expect((await status()).status).toBe('IN_PROGRESS');
    await reconnected.done(id, { output: 1 });
    await again;
  });
});

describe('a worker that is to be replaced', () => {
  it('gets no further job for what it asked before, so that its process can end', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const worker = new ScriptedWorker(emulator, 'draw');
    const first = await emulator.submit('draw', 1);
    const second = await emulator.submit('draw', 2);
    await worker.takeBatch(2);
    const third = worker.takeBatch(1);
    await eventually(() => expect(clock.isWaitedFor(5_000)).toBe(true));
    await worker.done(first, { output: 1, stopPod: true });
    expect(await third).toEqual([]);
    await worker.done(second, { output: 2 });
    expect((await emulator.get('/v2/draw/health')).body).toMatchObject({
      jobs: { completed: 2 },
      workers: { running: 0, idle: 0, ready: 0 },
    });
  });

  it('is a new one when it asks again', async () => {
    const { worker, emulator, id, status } = await workerWithJob();
    await worker.done(id, { output: { x: 1 }, stopPod: true });
    expect(await status()).toMatchObject({ status: 'COMPLETED', output: { x: 1 } });
    const next = await emulator.submit('draw', 2);
    expect(await worker.take()).toMatchObject({ id: next });
  });
});
