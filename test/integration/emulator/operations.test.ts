import { describe, expect, it } from 'vitest';
import { emulatorForTest, gate } from './harness.js';

describe('cancel', () => {
  it('ends a queued job', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('nobody-home', { a: 1 });
    const answer = await emulator.post(`/v2/nobody-home/cancel/${id}`);
    expect(answer.body).toEqual({ id, status: 'CANCELLED' });
    expect((await emulator.get(`/v2/nobody-home/status/${id}`)).body.status).toBe('CANCELLED');
  });

  it('ends a running job, tells its handler, and drops what the handler returns after that', async () => {
    const { opened, open } = gate<string>();
    const reasons: string[] = [];
    const emulator = await emulatorForTest({
      endpoints: {
        deaf: {
          handler: (_input, { signal }) => {
            signal.addEventListener('abort', () => reasons.push(signal.reason.message));
            return opened;
          },
        },
      },
    });
    const id = await emulator.submit('deaf', { a: 1 });
    await emulator.reaches('deaf', id, 'IN_PROGRESS');
    await emulator.post(`/v2/deaf/cancel/${id}`, {});
    expect(reasons).toEqual([`job ${id} was stopped`]);
    open('too late');
    await opened;
    const { body } = await emulator.get(`/v2/deaf/status/${id}`);
    expect(body).toMatchObject({ status: 'CANCELLED', executionTime: expect.any(Number) });
    expect(body).not.toHaveProperty('output');
  });

  it('frees the worker at once, even of a handler that goes on', async () => {
    const emulator = await emulatorForTest({
      endpoints: {
        stuck: { workers: 1, handler: (input) => (input === 'stick' ? new Promise(() => undefined) : input) },
      },
    });
    const stuck = await emulator.submit('stuck', 'stick');
    await emulator.reaches('stuck', stuck, 'IN_PROGRESS');
    const next = await emulator.submit('stuck', 'next');
    await emulator.post(`/v2/stuck/cancel/${stuck}`);
    await emulator.reaches('stuck', next, 'COMPLETED');
  });

  it('echoes the status of a job that has ended', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('echo', { a: 1 });
    await emulator.reaches('echo', id, 'COMPLETED');
    const answer = await emulator.post(`/v2/echo/cancel/${id}`);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ id, status: 'COMPLETED' });
    expect((await emulator.get(`/v2/echo/status/${id}`)).body.output).toEqual({ a: 1 });
  });

  it('answers 404 for a job it does not know', async () => {
    const emulator = await emulatorForTest();
    const answer = await emulator.post('/v2/echo/cancel/nope');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ error: 'job not found' });
  });
});

describe('retry', () => {
  it('runs a failed job again under its id, with its input, as the next attempt', async () => {
    const seen: unknown[] = [];
    const emulator = await emulatorForTest({
      endpoints: {
        flaky: {
          handler: (input, { attempt }) => {
            seen.push([input, attempt]);
            if (attempt === 1) throw new Error('first time');
            return 'worked';
          },
        },
      },
    });
    const id = await emulator.submit('flaky', { a: 1 });
    await emulator.reaches('flaky', id, 'FAILED');
    expect((await emulator.post(`/v2/flaky/retry/${id}`)).body).toEqual({ id, status: 'IN_QUEUE' });
    const { body } = await emulator.reaches('flaky', id, 'COMPLETED');
    expect(body).not.toHaveProperty('error');
    expect(body.output).toBe('worked');
    expect(seen).toEqual([
      [{ a: 1 }, 1],
      [{ a: 1 }, 2],
    ]);
  });

  it('gives a retried job its input as it was submitted, whatever the handler did to it', async () => {
    const emulator = await emulatorForTest({
      endpoints: {
        greedy: {
          handler: (input, { attempt }) => {
            const list = input as number[];
            list.pop();
            if (attempt === 1) throw new Error('first time');
            return list;
          },
        },
      },
    });
    const id = await emulator.submit('greedy', [1, 2, 3]);
    await emulator.reaches('greedy', id, 'FAILED');
    await emulator.post(`/v2/greedy/retry/${id}`);
    expect((await emulator.reaches('greedy', id, 'COMPLETED')).body.output).toEqual([1, 2]);
  });

  it.each([
    ['echo', 'COMPLETED'],
    ['nobody-home', 'IN_QUEUE'],
  ])('refuses a job at %s that is %s', async (endpoint, status) => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit(endpoint, { a: 1 });
    await emulator.reaches(endpoint, id, status);
    const answer = await emulator.post(`/v2/${endpoint}/retry/${id}`);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(status);
    expect((await emulator.get(`/v2/${endpoint}/status/${id}`)).body.status).toBe(status);
  });
});

describe('purge-queue', () => {
  it('cancels what is queued, leaves what runs, and says how many', async () => {
    const emulator = await emulatorForTest({ endpoints: { sleep: { workers: 1 } } });
    const running = await emulator.submit('sleep', { ms: 60_000 });
    await emulator.reaches('sleep', running, 'IN_PROGRESS');
    const queued = [await emulator.submit('sleep', { ms: 1 }), await emulator.submit('sleep', { ms: 1 })];
    expect((await emulator.post('/v2/sleep/purge-queue', {})).body).toEqual({ removed: 2, status: 'completed' });
    for (const id of queued) expect((await emulator.get(`/v2/sleep/status/${id}`)).body.status).toBe('CANCELLED');
    expect((await emulator.get(`/v2/sleep/status/${running}`)).body.status).toBe('IN_PROGRESS');
  });

  it('finds nothing at an endpoint nobody used', async () => {
    const emulator = await emulatorForTest();
    expect((await emulator.post('/v2/nobody-home/purge-queue')).body).toEqual({ removed: 0, status: 'completed' });
  });
});

describe('health', () => {
  it('counts every job and every worker once', async () => {
    const emulator = await emulatorForTest({
      endpoints: {
        mixed: {
          workers: 2,
          handler: (input, { attempt }) => {
            if (input === 'wait') return new Promise(() => undefined);
            if (input === 'fail' || attempt === 1) throw new Error('asked for');
            return 'ok';
          },
        },
      },
    });
    const fail = await emulator.submit('mixed', 'fail');
    const retried = await emulator.submit('mixed', 'retry me');
    await emulator.reaches('mixed', fail, 'FAILED');
    await emulator.reaches('mixed', retried, 'FAILED');
    await emulator.post(`/v2/mixed/retry/${retried}`);
    await emulator.reaches('mixed', retried, 'COMPLETED');
    const running = await emulator.submit('mixed', 'wait');
    await emulator.reaches('mixed', running, 'IN_PROGRESS');
    expect((await emulator.get('/v2/mixed/health')).body).toEqual({
      jobs: { completed: 1, failed: 1, inProgress: 1, inQueue: 0, retried: 1 },
      workers: { idle: 1, initializing: 0, ready: 1, running: 1, throttled: 0, unhealthy: 0 },
    });
  });

  it('shows an endpoint nobody registered as one without workers', async () => {
    const emulator = await emulatorForTest();
    await emulator.submit('nobody-home', { a: 1 });
    expect((await emulator.get('/v2/nobody-home/health')).body).toEqual({
      jobs: { completed: 0, failed: 0, inProgress: 0, inQueue: 1, retried: 0 },
      workers: { idle: 0, initializing: 0, ready: 0, running: 0, throttled: 0, unhealthy: 0 },
    });
  });
});
