import { describe, expect, it } from 'vitest';
import { emulatorForTest, eventually, gate, ManualClock } from './harness.js';

const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

describe('run and status', () => {
  it('accepts a job into the queue under an id of RunPod’s form', async () => {
    const emulator = await emulatorForTest();
    const answer = await emulator.post('/v2/echo/run', { input: { a: 1 } });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      id: expect.stringMatching(new RegExp(`^${UUID}-u1$`)),
      status: 'IN_QUEUE',
    });
  });

  it('runs it and gives its output, times and worker', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('echo', { text: 'hello' });
    const { body } = await emulator.reaches('echo', id, 'COMPLETED');
    expect(body).toEqual({
      id,
      status: 'COMPLETED',
      delayTime: expect.any(Number),
      executionTime: expect.any(Number),
      workerId: expect.stringMatching(/^[a-z0-9]{14}$/),
      output: { text: 'hello' },
    });
  });

  it('says of a queued job only its id and status', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('nobody-home', { a: 1 });
    expect((await emulator.get(`/v2/nobody-home/status/${id}`)).body).toEqual({ id, status: 'IN_QUEUE' });
  });

  it('says of a running job how long it waited and where it runs, but not how long it runs', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('sleep', { ms: 60_000 });
    const { body } = await emulator.reaches('sleep', id, 'IN_PROGRESS');
    expect(body).toEqual({ id, status: 'IN_PROGRESS', delayTime: expect.any(Number), workerId: expect.any(String) });
  });

  it('takes status by POST as well', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('nobody-home', { a: 1 });
    expect((await emulator.post(`/v2/nobody-home/status/${id}`)).body).toEqual({ id, status: 'IN_QUEUE' });
  });

  it('starts what was queued at an unknown endpoint once the endpoint is registered', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('late', { a: 1 });
    emulator.register('late', { handler: () => 'here now' });
    expect((await emulator.reaches('late', id, 'COMPLETED')).body.output).toBe('here now');
  });

  it.each([
    ['an id nobody gave', 'echo', 'no-such-job-u1'],
    ['an endpoint nobody used', 'nobody-home', 'no-such-job-u1'],
  ])('answers 404 for %s', async (_what, endpoint, id) => {
    const emulator = await emulatorForTest();
    const answer = await emulator.get(`/v2/${endpoint}/status/${id}`);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ error: 'job not found' });
  });

  it('does not show a job to another endpoint', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('echo', { a: 1 });
    expect((await emulator.get(`/v2/sleep/status/${id}`)).status).toBe(404);
  });

  it('does not know what it has no route for', async () => {
    const emulator = await emulatorForTest();
    const answer = await emulator.post('/v2/echo/pause');
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ error: 'no such route: POST /v2/echo/pause' });
  });
});

describe('what a submit refuses', () => {
  it.each([
    ['no body', undefined, 'input: required'],
    ['no input', { prompt: 'x' }, 'input: required'],
    ['a null input', { input: null }, 'input: required'],
    ['a webhook that is no text', { input: 'x', webhook: 1 }, 'webhook'],
    ['a ttl of no time', { input: 'x', policy: { ttl: 0 } }, 'policy.ttl'],
    ['an execution timeout of more than 7 days', { input: 'x', policy: { executionTimeout: 7e8 } }, 'executionTimeout'],
  ])('%s, with 400 and the field', async (_what, body, field) => {
    const emulator = await emulatorForTest();
    const answer = await emulator.post('/v2/echo/run', body);
    expect(answer.status).toBe(400);
    expect(answer.text).toContain(field);
    expect(emulator.jobs()).toEqual([]);
  });

  it('a body that is not JSON', async () => {
    const emulator = await emulatorForTest();
    const answer = await emulator.post('/v2/echo/run', undefined, { body: '{"input":' });
    expect(answer.status).toBe(400);
  });

  it.each([
    ['run', 10],
    ['runsync', 20],
  ])('a %s body over %d MiB, with 400 and RunPod’s text', async (operation, limitMiB) => {
    const emulator = await emulatorForTest({ endpoints: { sink: { handler: () => 'taken' } } });
    const frame = '{"input":""}'.length;
    const bodyOf = (bytes: number) => ({ input: 'x'.repeat(bytes - frame) });
    const tooLarge = await emulator.post(`/v2/sink/${operation}`, bodyOf(limitMiB * 1024 * 1024 + 1));
    expect(tooLarge.status).toBe(400);
    expect(tooLarge.text).toBe(`bad request: body: exceeded max body size of ${limitMiB}MiB`);
    const largest = await emulator.post(`/v2/sink/${operation}`, bodyOf(limitMiB * 1024 * 1024));
    expect(largest.status).toBe(200);
  });

  it('reads JSON whatever the content type says', async () => {
    const emulator = await emulatorForTest();
    const init = { body: '{"input":1}', headers: { 'content-type': 'application/x-www-form-urlencoded' } };
    expect((await emulator.post('/v2/echo/run', undefined, init)).status).toBe(200);
  });
});

describe('the key', () => {
  it.each(['', 'Bearer', 'Bearer '])('is asked for: %j is refused', async (authorization) => {
    const emulator = await emulatorForTest();
    expect((await emulator.get('/v2/echo/health', { headers: { authorization } })).status).toBe(401);
  });

  it.each(['Bearer anything', 'anything'])('may be any, with or without Bearer: %j', async (authorization) => {
    const emulator = await emulatorForTest();
    expect((await emulator.get('/v2/echo/health', { headers: { authorization } })).status).toBe(200);
  });

  it('must be the right one where the emulator was given one', async () => {
    const emulator = await emulatorForTest({ apiKey: 'right' });
    const health = async (authorization: string) =>
      (await emulator.get('/v2/echo/health', { headers: { authorization } })).status;
    expect(await health('Bearer wrong')).toBe(401);
    expect(await health('Bearer right')).toBe(200);
    expect(await health('right')).toBe(200);
  });
});

describe('runsync and status-sync', () => {
  it('answers runsync with the finished job, whose id says sync', async () => {
    const emulator = await emulatorForTest();
    const { body } = await emulator.post('/v2/echo/runsync', { input: { a: 1 } });
    expect(body).toMatchObject({ status: 'COMPLETED', output: { a: 1 }, executionTime: expect.any(Number) });
    expect(body.id).toMatch(new RegExp(`^sync-${UUID}-u1$`));
  });

  it.each([
    ['90 s where the request says nothing', '', 90_000],
    ['what the request says', '?wait=5000', 5_000],
    ['at least 1 s', '?wait=1', 1_000],
    ['at most 300 s', '?wait=9000000', 300_000],
    ['90 s where the request says no number', '?wait=soon', 90_000],
  ])('holds runsync for %s, then answers with id and status alone', async (_what, query, waitMs) => {
    const clock = new ManualClock();
    const emulator = await emulatorForTest({ clock });
    const answer = emulator.post(`/v2/sleep/runsync${query}`, {
      input: { ms: 10_000_000 },
      policy: { ttl: 20_000_000 },
    });
    await eventually(() => {
      expect(clock.isWaitedFor(waitMs)).toBe(true);
      expect(emulator.jobs()).toMatchObject([{ status: 'IN_PROGRESS' }]);
    });
    clock.advance(waitMs);
    expect((await answer).body).toEqual({ id: emulator.jobs()[0]?.id, status: 'IN_PROGRESS' });
  });

  it('holds status-sync until the job ends', async () => {
    const clock = new ManualClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('sleep', { ms: 4_000 });
    await emulator.reaches('sleep', id, 'IN_PROGRESS');
    const answer = emulator.get(`/v2/sleep/status-sync/${id}?wait=30000`);
    await eventually(() => expect(clock.isWaitedFor(30_000)).toBe(true));
    clock.advance(4_000);
    expect((await answer).body).toMatchObject({ id, status: 'COMPLETED', executionTime: 4_000 });
  });

  it('answers status-sync with the job as it stands when the wait is over', async () => {
    const clock = new ManualClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('nobody-home', { a: 1 });
    const answer = emulator.post(`/v2/nobody-home/status-sync/${id}`);
    await eventually(() => expect(clock.isWaitedFor(90_000)).toBe(true));
    clock.advance(90_000);
    expect((await answer).body).toEqual({ id, status: 'IN_QUEUE' });
  });

  it('wakes hundreds of held requests at once', async () => {
    const { opened, open } = gate<string>();
    const emulator = await emulatorForTest({ endpoints: { gated: { handler: () => opened } } });
    const id = await emulator.submit('gated', { a: 1 });
    const held = Array.from({ length: 300 }, () => emulator.get(`/v2/gated/status-sync/${id}`));
    await emulator.reaches('gated', id, 'IN_PROGRESS');
    open('done');
    const statuses = (await Promise.all(held)).map(({ body }) => body.status);
    expect(new Set(statuses)).toEqual(new Set(['COMPLETED']));
  });
});

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
