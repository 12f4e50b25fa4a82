import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually, gate } from './harness.js';

describe('the built-in endpoints', () => {
  it.each([
    ['echo', { any: ['thing'] }, { status: 'COMPLETED', output: { any: ['thing'] } }],
    ['sleep', { ms: 1 }, { status: 'COMPLETED', output: { ms: 1 } }],
    ['count', { to: 3, everyMs: 1 }, { status: 'COMPLETED', output: [1, 2, 3] }],
  ])('%s', async (endpoint, input, expected) => {
    const emulator = await emulatorForTest();
    expect((await emulator.post(`/v2/${endpoint}/runsync`, { input })).body).toMatchObject(expected);
  });

  it('fail raises with the message it was given', async () => {
    const emulator = await emulatorForTest();
    const { body } = await emulator.post('/v2/fail/runsync', { input: { message: 'no luck' } });
    expect(body.status).toBe('FAILED');
    expect(JSON.parse(body.error).error_message).toBe('no luck');
  });

  it('sleep says what is wrong with its input', async () => {
    const emulator = await emulatorForTest();
    const { body } = await emulator.post('/v2/sleep/runsync', { input: { ms: 'long' } });
    expect(JSON.parse(body.error).error_message).toBe('input.ms must be a number of at least 0');
  });
});

describe('how a job fails', () => {
  it('turns an exception into the JSON text of RunPod’s worker', async () => {
    const emulator = await emulatorForTest({
      endpoints: {
        broken: {
          handler: () => {
            throw new TypeError('not a picture');
          },
        },
      },
    });
    const { body } = await emulator.post('/v2/broken/runsync', { input: { a: 1 } });
    expect(body).toMatchObject({ status: 'FAILED', workerId: expect.any(String) });
    expect(body).not.toHaveProperty('output');
    expect(JSON.parse(body.error)).toEqual({
      error_type: "<class 'TypeError'>",
      error_message: 'not a picture',
      error_traceback: expect.stringContaining('TypeError: not a picture'),
      hostname: expect.any(String),
      worker_id: body.workerId,
      runpod_version: expect.any(String),
    });
  });

  it('takes a returned error as the text, and the rest as the output', async () => {
    const emulator = await emulatorForTest({
      endpoints: { soft: { handler: () => ({ error: 'too dark', score: 0.1 }) } },
    });
    const { body } = await emulator.post('/v2/soft/runsync', { input: { a: 1 } });
    expect(body).toMatchObject({ status: 'FAILED', error: 'too dark', output: { score: 0.1 } });
  });

  it('has no output where the error was all that was returned', async () => {
    const emulator = await emulatorForTest({ endpoints: { soft: { handler: () => ({ error: 'too dark' }) } } });
    expect((await emulator.post('/v2/soft/runsync', { input: { a: 1 } })).body).not.toHaveProperty('output');
  });

  it('fails a job whose result JSON cannot hold', async () => {
    const cycle: Record<string, unknown> = {};
    cycle.self = cycle;
    const emulator = await emulatorForTest({ endpoints: { odd: { handler: () => cycle as never } } });
    const { body } = await emulator.post('/v2/odd/runsync', { input: { a: 1 } });
    expect(body.status).toBe('FAILED');
    expect(JSON.parse(body.error).error_message).toContain('circular');
  });

  it('completes without an output where nothing was returned', async () => {
    const emulator = await emulatorForTest({ endpoints: { silent: { handler: () => undefined } } });
    const { body } = await emulator.post('/v2/silent/runsync', { input: { a: 1 } });
    expect(body.status).toBe('COMPLETED');
    expect(body).not.toHaveProperty('output');
  });

  it('fails an empty input as RunPod does in the end, without running the handler', async () => {
    let runs = 0;
    const emulator = await emulatorForTest({ endpoints: { counted: { workers: 1, handler: () => ++runs } } });
    const first = await emulator.post('/v2/counted/runsync', { input: {} });
    expect(first.body).toEqual({
      id: expect.any(String),
      status: 'FAILED',
      error: 'job timed out after 1 retries',
      retries: 1,
    });
    const next = await emulator.post('/v2/counted/runsync', { input: { a: 1 } });
    expect(next.body.output).toBe(1);
  });
});

describe('the execution timeout', () => {
  it.each([
    ['RunPod’s 10 minutes', {}, {}, 600_000],
    ['the endpoint’s', { executionTimeoutMs: 70_000 }, {}, 70_000],
    ['the job’s own', { executionTimeoutMs: 70_000 }, { policy: { executionTimeout: 5_000 } }, 5_000],
  ])('is %s; over it the job fails and its handler is told', async (_whose, definition, request, timeoutMs) => {
    const clock = new TestClock();
    let aborted = false;
    const emulator = await emulatorForTest({
      clock,
      endpoints: {
        slow: {
          ...definition,
          handler: (_input, { signal }) => {
            signal.addEventListener('abort', () => {
              aborted = true;
            });
            return new Promise(() => undefined);
          },
        },
      },
    });
    const id = await emulator.submit('slow', { a: 1 }, request);
    await emulator.reaches('slow', id, 'IN_PROGRESS');
    clock.advance(timeoutMs - 1);
    expect((await emulator.get(`/v2/slow/status/${id}`)).body.status).toBe('IN_PROGRESS');
    clock.advance(1);
    const { body } = await emulator.get(`/v2/slow/status/${id}`);
    expect(body).toMatchObject({ status: 'FAILED', error: 'executionTimeout exceeded', executionTime: timeoutMs });
    expect(aborted).toBe(true);
  });

  it('does not run while the job is queued', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('nobody-home', { a: 1 }, { policy: { executionTimeout: 5_000 } });
    clock.advance(3_600_000);
    expect((await emulator.get(`/v2/nobody-home/status/${id}`)).body.status).toBe('IN_QUEUE');
  });
});

describe('progress', () => {
  it('shows the last report as the output of the running job, and the result after it', async () => {
    const { opened, open } = gate<string>();
    const emulator = await emulatorForTest({
      endpoints: {
        drawn: {
          handler: async (_input, { progress }) => {
            progress({ percent: 10 });
            progress({ percent: 50 });
            return opened;
          },
        },
      },
    });
    const id = await emulator.submit('drawn', { a: 1 });
    expect((await emulator.reaches('drawn', id, 'IN_PROGRESS')).body.output).toEqual({ percent: 50 });
    open('picture');
    expect((await emulator.reaches('drawn', id, 'COMPLETED')).body.output).toBe('picture');
  });

  it('is dropped when it comes after the end', async () => {
    const { opened, open } = gate<() => void>();
    const emulator = await emulatorForTest({
      endpoints: {
        late: {
          handler: (_input, { progress }) => {
            open(() => progress('still at it'));
            return 'done';
          },
        },
      },
    });
    const id = await emulator.submit('late', { a: 1 });
    await emulator.reaches('late', id, 'COMPLETED');
    (await opened)();
    expect((await emulator.get(`/v2/late/status/${id}`)).body).toMatchObject({ status: 'COMPLETED', output: 'done' });
  });
});

describe('workers', () => {
  it('run as many jobs at once as there are, oldest first', async () => {
    const gates = new Map<string, (value: string) => void>();
    const emulator = await emulatorForTest({
      endpoints: {
        two: {
          workers: 2,
          handler: (input) => {
            const { opened, open } = gate<string>();
            gates.set(String(input), open);
            return opened;
          },
        },
      },
    });
    for (const name of ['a', 'b', 'c', 'd']) await emulator.submit('two', name);
    await eventually(() => expect([...gates.keys()]).toEqual(['a', 'b']));
    expect((await emulator.get('/v2/two/health')).body.jobs).toMatchObject({ inProgress: 2, inQueue: 2 });
    gates.get('b')?.('done');
    await eventually(() => expect([...gates.keys()]).toEqual(['a', 'b', 'c']));
  });

  it('start cold, once each, while their first job waits', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({
      clock,
      endpoints: { cold: { workers: 2, coldStartMs: 20_000, handler: (input) => input } },
    });
    const first = await emulator.submit('cold', 'first');
    await eventually(async () =>
      expect((await emulator.get('/v2/cold/health')).body.workers).toMatchObject({
        idle: 1,
        ready: 0,
        initializing: 1,
      }),
    );
    expect((await emulator.get(`/v2/cold/status/${first}`)).body.status).toBe('IN_QUEUE');
    clock.advance(20_000);
    expect((await emulator.reaches('cold', first, 'COMPLETED')).body.delayTime).toBe(20_000);
    const second = await emulator.submit('cold', 'second');
    expect((await emulator.reaches('cold', second, 'COMPLETED')).body.delayTime).toBe(0);
  });

  it('start again after a job that asked for a fresh one, which its output does not show', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({
      clock,
      endpoints: {
        fresh: { workers: 1, coldStartMs: 5_000, handler: () => ({ refresh_worker: true, text: 'used up' }) },
      },
    });
    const first = await emulator.submit('fresh', 'first');
    await eventually(() => expect(clock.isWaitedFor(5_000)).toBe(true));
    clock.advance(5_000);
    expect((await emulator.reaches('fresh', first, 'COMPLETED')).body.output).toEqual({ text: 'used up' });
    expect((await emulator.get('/v2/fresh/health')).body.workers).toMatchObject({ idle: 1, ready: 0 });
  });
});
