import { describe, expect, it } from 'vitest';
import { type EmulatorOptions, TestClock } from '../../../emulator/index.js';
import { type EmulatorUnderTest, emulatorForTest, eventually } from './harness.js';
import { ScriptedWorker } from './scripted-worker.js';

/** An emulator, a worker of the endpoint `draw` and a job that it took. */
async function workerWithJob(options: EmulatorOptions = {}) {
  const emulator = await emulatorForTest(options);
  const worker = new ScriptedWorker(emulator, 'draw');
  const id = await emulator.submit('draw', { title: 'a red boat' });
  await worker.take();
  return { emulator, worker, id };
}

const statusOf = async (emulator: EmulatorUnderTest, id: string) => (await emulator.get(`/v2/draw/status/${id}`)).body;

describe('job-take', () => {
  it('gives a queued job with its id and what concerns the worker', async () => {
    const emulator = await emulatorForTest();
    const forWorker = {
      input: { title: 'a red boat' },
      webhook: `${emulator.url}/nobody`,
      s3Config: { accessId: 'a' },
    };
    const { id } = (await emulator.post('/v2/draw/run', { ...forWorker, policy: { ttl: 60_000 } })).body;
    const worker = new ScriptedWorker(emulator, 'draw', { id: 'worker-7' });
    expect(await worker.take()).toEqual({ id, ...forWorker });
    expect(await statusOf(emulator, id)).toEqual({
      id,
      status: 'IN_PROGRESS',
      delayTime: expect.any(Number),
      workerId: 'worker-7',
    });
  });

  it('waits for a job, which who waits longest gets', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const takes: Promise<unknown>[] = [];
    for (const [index, id] of ['first', 'second'].entries()) {
      takes.push(new ScriptedWorker(emulator, 'draw', { id }).take());
      await eventually(async () => expect((await emulator.get('/v2/draw/health')).body.workers.idle).toBe(index + 1));
    }
    const jobIds = [await emulator.submit('draw', 1), await emulator.submit('draw', 2)];
    expect(await Promise.all(takes)).toMatchObject(jobIds.map((id) => ({ id })));
    expect((await statusOf(emulator, jobIds[0] ?? '')).workerId).toBe('first');
  });

  it('answers 204 after a while without a job', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const take = new ScriptedWorker(emulator, 'draw').send('GET', 'job-take/w1?gpu=none&job_in_progress=0');
    await eventually(() => expect(clock.isWaitedFor(5_000)).toBe(true));
    clock.advance(5_000);
    expect(await take).toEqual({ status: 204, body: undefined });
  });

  it('leaves the job to others where the worker left before it came', async () => {
    const emulator = await emulatorForTest();
    const leaving = new ScriptedWorker(emulator, 'draw', { id: 'leaving' });
    const left = leaving.take().catch(() => 'left');
    await eventually(async () => expect((await emulator.get('/v2/draw/health')).body.workers.idle).toBe(1));
    await leaving.kill();
    expect(await left).toBe('left');
    const staying = new ScriptedWorker(emulator, 'draw', { id: 'staying' });
    const taken = staying.take();
    const id = await emulator.submit('draw', 1);
    expect(await taken).toMatchObject({ id });
  });

  it('fails a job with an empty input, as RunPod does, and gives the next one', async () => {
    const emulator = await emulatorForTest();
    const empty = await emulator.submit('draw', {});
    const id = await emulator.submit('draw', { a: 1 });
    expect(await new ScriptedWorker(emulator, 'draw').take()).toMatchObject({ id });
    expect(await statusOf(emulator, empty)).toMatchObject({
      status: 'FAILED',
      error: 'job timed out after 1 retries',
      retries: 1,
    });
  });

  it('is refused without a key, and with another than the one that the emulator was given', async () => {
    const emulator = await emulatorForTest({ apiKey: 'secret' });
    await emulator.post('/v2/draw/run', { input: 1 }, { headers: { authorization: 'Bearer secret' } });
    const take = (key: string) => new ScriptedWorker(emulator, 'draw', { key }).send('GET', 'job-take/w1?gpu=none');
    expect((await take('')).status).toBe(401);
    expect((await take('other')).status).toBe(401);
    expect((await take('secret')).status).toBe(200);
  });
});

describe('job-take-batch', () => {
  it('gives as many jobs as there are, up to the size that is asked for', async () => {
    const emulator = await emulatorForTest();
    const ids = [await emulator.submit('draw', 1), await emulator.submit('draw', 2), await emulator.submit('draw', 3)];
    const worker = new ScriptedWorker(emulator, 'draw');
    expect((await worker.takeBatch(2)).map(({ id }) => id)).toEqual(ids.slice(0, 2));
    expect((await worker.takeBatch(2)).map(({ id }) => id)).toEqual(ids.slice(2));
  });

  it('refuses a size that is none', async () => {
    const worker = new ScriptedWorker(await emulatorForTest(), 'draw');
    expect((await worker.send('GET', 'job-take-batch/w1?gpu=none&batch_size=no')).status).toBe(400);
  });
});

describe('job-done', () => {
  it.each([
    ['an output', { output: { url: 'x' } }, { status: 'COMPLETED', output: { url: 'x' } }],
    ['a false output', { output: false }, { status: 'COMPLETED', output: false }],
    ['nothing', {}, { status: 'COMPLETED' }],
    ['an error', { error: 'no GPU' }, { status: 'FAILED', error: 'no GPU' }],
    ['an exception as JSON text', { error: '{"error_type": "x"}' }, { status: 'FAILED', error: '{"error_type": "x"}' }],
    ['an error that is no text', { error: { code: 7 } }, { status: 'FAILED', error: '{"code":7}' }],
    ['an error with an output', { error: 'e', output: [1] }, { status: 'FAILED', error: 'e', output: [1] }],
    ['an empty error', { error: '', output: 1 }, { status: 'COMPLETED', output: 1 }],
  ])('ends the job with %s', async (_what, result, expected) => {
    const { emulator, worker, id } = await workerWithJob();
    expect((await worker.done(id, result)).status).toBe(200);
    expect(await statusOf(emulator, id)).toEqual({
      id,
      delayTime: expect.any(Number),
      executionTime: expect.any(Number),
      workerId: 'w1',
      ...expected,
    });
  });

  it('shows progress as the output of the running job', async () => {
    const { emulator, worker, id } = await workerWithJob();
    await worker.progress(id, { percent: 50 });
    expect(await statusOf(emulator, id)).toMatchObject({ status: 'IN_PROGRESS', output: { percent: 50 } });
    await worker.done(id, { output: 'drawn' });
    await worker.progress(id, { percent: 99 });
    expect(await statusOf(emulator, id)).toMatchObject({ status: 'COMPLETED', output: 'drawn' });
  });

  it('takes and drops what another worker says of the job', async () => {
    const { emulator, id } = await workerWithJob();
    const other = new ScriptedWorker(emulator, 'draw', { id: 'other' });
    expect((await other.done(id, { output: 'mine' })).status).toBe(200);
    expect((await statusOf(emulator, id)).status).toBe('IN_PROGRESS');
  });

  it('refuses a body that is no result', async () => {
    const { emulator, worker, id } = await workerWithJob();
    expect((await worker.done(id, [1])).status).toBe(400);
    expect((await statusOf(emulator, id)).status).toBe('IN_PROGRESS');
  });

  it('bills the time that the worker had the job', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const worker = new ScriptedWorker(emulator, 'draw');
    const id = await emulator.submit('draw', 1);
    clock.advance(1_000);
    await worker.take();
    clock.advance(2_000);
    await worker.done(id, { output: 1 });
    expect(emulator.jobs()).toMatchObject([{ id, status: 'COMPLETED', billedMs: 2_000 }]);
    expect(await statusOf(emulator, id)).toMatchObject({ delayTime: 1_000, executionTime: 2_000 });
  });
});

describe('a generator', () => {
  it.each([
    ['with an aggregate', ['a', 'b']],
    ['without one', []],
  ])('%s feeds the stream, and its list is the output', async (_what, output) => {
    const { emulator, worker, id } = await workerWithJob();
    const read = async () => (await emulator.get(`/v2/draw/stream/${id}`)).body;
    await worker.stream(id, 'a');
    expect(await read()).toEqual({ status: 'IN_PROGRESS', stream: [{ output: 'a' }] });
    await worker.stream(id, 'b');
    await worker.done(id, { output }, { isStream: true });
    expect(await read()).toEqual({ status: 'COMPLETED', stream: [{ output: 'b' }] });
    expect((await statusOf(emulator, id)).output).toEqual(output);
  });
});

describe('job-stop', () => {
  it('names a cancelled job once, whose result is then dropped', async () => {
    const { emulator, worker, id } = await workerWithJob();
    const stops = worker.stopSignals();
    await emulator.post(`/v2/draw/cancel/${id}`);
    expect(await stops).toEqual([id]);
    expect((await worker.done(id, { output: 'too late' })).status).toBe(200);
    expect(await statusOf(emulator, id)).toMatchObject({ status: 'CANCELLED' });
    expect((await statusOf(emulator, id)).output).toBeUndefined();
  });

  it('names a job that was cancelled while nobody asked', async () => {
    const { emulator, worker, id } = await workerWithJob();
    await emulator.post(`/v2/draw/cancel/${id}`);
    expect(await worker.stopSignals()).toEqual([id]);
  });

  it('names a job whose run time is over', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const worker = new ScriptedWorker(emulator, 'draw');
    const id = await emulator.submit('draw', 1, { policy: { executionTimeout: 5_000 } });
    await worker.take();
    const stops = worker.stopSignals();
    clock.advance(5_000);
    expect(await stops).toEqual([id]);
    expect(await statusOf(emulator, id)).toMatchObject({ status: 'FAILED', error: 'executionTimeout exceeded' });
  });

  it('answers 204 when the last job of the worker has ended, for the worker may want to end as well', async () => {
    const clock = new TestClock();
    const { worker, id } = await workerWithJob({ clock });
    const stops = worker.send('GET', 'job-stop/w1?gpu=none');
    await eventually(() => expect(clock.isWaitedFor(80_000)).toBe(true));
    await worker.done(id, { output: 1 });
    expect(await stops).toEqual({ status: 204, body: undefined });
  });
});

describe('an endpoint with a handler and a real worker', () => {
  it('gives all further jobs to the worker', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const worker = new ScriptedWorker(emulator, 'echo');
    const take = worker.take();
    await eventually(() => expect(clock.isWaitedFor(5_000)).toBe(true));
    const first = await emulator.submit('echo', 'one');
    expect(await take).toMatchObject({ id: first });
    const second = await emulator.submit('echo', 'two');
    await worker.done(first, { output: 'by the worker' });
    expect((await emulator.reaches('echo', first, 'COMPLETED')).body.output).toBe('by the worker');
    expect((await emulator.get(`/v2/echo/status/${second}`)).body.status).toBe('IN_QUEUE');
    expect(await worker.take()).toMatchObject({ id: second });
  });
});

describe('health', () => {
  it('counts workers by what they do', async () => {
    const { emulator, worker, id } = await workerWithJob();
    const idle = new ScriptedWorker(emulator, 'draw', { id: 'idle' });
    const waiting = idle.take();
    const health = async () => (await emulator.get('/v2/draw/health')).body;
    await eventually(async () => expect((await health()).workers).toMatchObject({ running: 1, idle: 1, ready: 1 }));
    expect((await health()).jobs).toMatchObject({ inProgress: 1, inQueue: 0 });
    await worker.done(id, { output: 1 });
    expect(await health()).toMatchObject({ jobs: { completed: 1, inProgress: 0 }, workers: { running: 0, idle: 2 } });
    await emulator.submit('draw', 2);
    await waiting;
  });

  it('forgets an idle worker that is silent for the time of a lease', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock, workerLeaseMs: 20_000 });
    const worker = new ScriptedWorker(emulator, 'draw');
    const id = await emulator.submit('draw', 1);
    await worker.take();
    await worker.done(id, { output: 1 });
    const idle = async () => (await emulator.get('/v2/draw/health')).body.workers.idle;
    clock.advance(19_000);
    expect(await idle()).toBe(1);
    await worker.ping();
    clock.advance(19_000);
    expect(await idle()).toBe(1);
    clock.advance(1_000);
    expect(await idle()).toBe(0);
  });
});
