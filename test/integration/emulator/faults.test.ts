import { describe, expect, it } from 'vitest';
import { InvalidFault, TestClock } from '../../../emulator/index.js';
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

describe('which requests a fault takes', () => {
  it('only those of its endpoint, after those it skips, as often as it says', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'status', httpStatus: 500, endpoint: 'echo', skip: 1, times: 2 }]);
    expect((await emulator.get('/v2/sleep/health')).status).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await emulator.get('/v2/echo/health')).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  it('the first that decides the answer, and those behind it stay unused', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([
      { kind: 'delay', delayMs: 1 },
      { kind: 'status', httpStatus: 500, times: 1 },
      { kind: 'status', httpStatus: 429, times: 1 },
    ]);
    const statuses: number[] = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await emulator.get('/v2/echo/health')).status);
    expect(statuses).toEqual([500, 429, 200]);
    expect((await emulator.get('/_emulator/faults')).body.faults).toMatchObject([
      { hits: 3 },
      { hits: 1 },
      { hits: 1 },
    ]);
  });
});

describe('the routes for faults', () => {
  it('set, show and clear them', async () => {
    const emulator = await emulatorForTest();
    const faults = [{ kind: 'status', httpStatus: 503, endpoint: 'echo' }];
    expect((await emulator.post('/_emulator/faults', { faults })).status).toBe(200);
    expect((await emulator.get('/v2/echo/health')).status).toBe(503);
    expect((await emulator.get('/_emulator/faults')).body).toEqual({ faults: [{ ...faults[0], hits: 1 }] });
    expect((await emulator.get('/_emulator/faults', { method: 'DELETE' })).status).toBe(204);
    expect((await emulator.get('/v2/echo/health')).status).toBe(200);
    expect((await emulator.get('/_emulator/faults')).body).toEqual({ faults: [] });
  });

  it.each([
    ['an unknown kind', { faults: [{ kind: 'slow' }] }, 'faults[0].kind'],
    ['a missing delay', { faults: [{ kind: 'reset' }, { kind: 'delay' }] }, 'faults[1].delayMs'],
    ['an unknown operation', { faults: [{ kind: 'reset', operation: 'stop' }] }, 'faults[0].operation'],
    ['a field of another kind', { faults: [{ kind: 'reset', delayMs: 5 }] }, 'delayMs'],
    ['no list', {}, 'faults'],
    ['no body', undefined, 'the body'],
  ])('refuse %s by the name of its field, and keep what was set', async (_what, body, field) => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'status' }]);
    const answer = await emulator.post('/_emulator/faults', body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain(field);
    expect((await emulator.get('/v2/echo/health')).status).toBe(503);
  });

  it('have a twin in code that refuses the same', async () => {
    const emulator = await emulatorForTest();
    expect(() => emulator.setFaults([{ kind: 'delay', delayMs: -1 }])).toThrow(InvalidFault);
    expect(() => emulator.setFaults([{ kind: 'delay', delayMs: -1 }])).toThrow('faults[0].delayMs');
  });

  it('clear them from code', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'status' }]);
    emulator.clearFaults();
    expect((await emulator.get('/v2/echo/health')).status).toBe(200);
  });
});
