import { describe, expect, it } from 'vitest';
import { emulatorForTest } from './harness.js';

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
