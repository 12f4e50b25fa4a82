import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';

const broken = expect.objectContaining({ cause: expect.objectContaining({ code: 'UND_ERR_SOCKET' }) });

describe('a fault', () => {
  it('answers with a status and carries nothing out', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'status', httpStatus: 429, retryAfterSeconds: 7, operation: 'run' }]);
    const answer = await emulator.post('/v2/echo/run', { input: 1 });
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('7');
    expect(emulator.jobs()).toEqual([]);
    expect((await emulator.get('/v2/echo/health')).status).toBe(200);
  });

  it('answers with a body of the test’s choice', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'status', httpStatus: 200, body: { error: 'could not queue job' } }]);
    const answer = await emulator.post('/v2/echo/run', { input: 1 });
    expect(answer).toMatchObject({ status: 200, body: { error: 'could not queue job' } });
  });

  it('answers with an edge’s error page', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'status', httpStatus: 502, html: true }]);
    const answer = await emulator.get('/v2/echo/health');
    expect(answer.status).toBe(502);
    expect(answer.headers.get('content-type')).toContain('text/html');
    expect(answer.text).toContain('<h1>Error 502</h1>');
  });

  it('loses the answer of a submit that was accepted', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'lose-answer', operation: 'run', times: 1 }]);
    await expect(emulator.post('/v2/echo/run', { input: { n: 1 } })).rejects.toEqual(broken);
    await eventually(() => expect(emulator.jobs()).toMatchObject([{ status: 'COMPLETED', input: { n: 1 } }]));
    expect((await emulator.post('/v2/echo/run', { input: { n: 2 } })).status).toBe(200);
  });

  it('resets the connection before anything is carried out', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'reset', operation: 'run' }]);
    await expect(emulator.post('/v2/echo/run', { input: 1 })).rejects.toEqual(broken);
    expect(emulator.jobs()).toEqual([]);
  });

  it('resets the connection before the request is read', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'reset', unread: true, endpoint: 'echo', operation: 'run', times: 1 }]);
    const reset = expect.objectContaining({ cause: expect.objectContaining({ code: 'ECONNRESET' }) });
    await expect(emulator.post('/v2/echo/run', { input: 1 })).rejects.toEqual(reset);
    expect(emulator.jobs()).toEqual([]);
    expect((await emulator.post('/v2/echo/run', { input: 1 })).status).toBe(200);
  });

  it('sends half of an answer as if it were all', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'truncate-answer', operation: 'run', times: 1 }]);
    await expect(emulator.post('/v2/echo/run', { input: 1 })).rejects.toThrow(SyntaxError);
    expect(emulator.jobs()).toHaveLength(1);
  });

  it('sends as much of an answer as it is told', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'truncate-answer', operation: 'run', keep: 0.9 }]);
    const answer = await fetch(`${emulator.url}/v2/echo/run`, {
      method: 'POST',
      headers: { authorization: 'any' },
      body: '{"input":1}',
    });
    const text = await answer.text();
    expect(text).toContain(`"id":"${emulator.jobs()[0]?.id}"`);
    expect(text).not.toContain('}');
  });

  it('sends half of an answer and hangs up', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'truncate-answer', hangUp: true, operation: 'run', times: 1 }]);
    await expect(emulator.post('/v2/echo/run', { input: 1 })).rejects.toThrow('terminated');
    expect(emulator.jobs()).toHaveLength(1);
  });

  it('sends an answer that is no JSON', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'malform-answer', operation: 'health' }]);
    await expect(emulator.get('/v2/echo/health')).rejects.toThrow(SyntaxError);
  });

  it('delays a request before it is carried out, even if its client leaves meanwhile', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    emulator.setFaults([{ kind: 'delay', delayMs: 3_000 }]);
    const leaving = new AbortController();
    const left = emulator.post('/v2/nobody-home/run', { input: 1 }, { signal: leaving.signal }).catch(() => 'left');
    await eventually(() => expect(clock.isWaitedFor(3_000)).toBe(true));
    expect(emulator.jobs()).toEqual([]);
    leaving.abort();
    expect(await left).toBe('left');
    clock.advance(3_000);
    await eventually(() => expect(emulator.jobs()).toHaveLength(1));
  });

  it('delays the answer of a request that is carried out at once', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    emulator.setFaults([{ kind: 'delay-answer', delayMs: 3_000 }]);
    const answer = emulator.post('/v2/nobody-home/run', { input: 1 });
    await eventually(() => expect(clock.isWaitedFor(3_000)).toBe(true));
    expect(emulator.jobs()).toHaveLength(1);
    clock.advance(3_000);
    expect((await answer).body.status).toBe('IN_QUEUE');
  });

  it('lets a submitted job vanish after its id was given', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'drop-job', operation: 'run' }]);
    const id = await emulator.submit('sleep', { ms: 60_000 });
    expect((await emulator.get(`/v2/sleep/status/${id}`)).status).toBe(404);
    expect(emulator.jobs()).toMatchObject([{ id, status: 'DELETED' }]);
  });

  it('lets a running job vanish and stops its handler', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('sleep', { ms: 60_000 });
    await emulator.reaches('sleep', id, 'IN_PROGRESS');
    emulator.setFaults([{ kind: 'drop-job', operation: 'status' }]);
    expect((await emulator.get(`/v2/sleep/status/${id}`)).body).toEqual({ error: 'job not found' });
    expect((await emulator.get('/v2/sleep/health')).body.workers.running).toBe(0);
  });
});
