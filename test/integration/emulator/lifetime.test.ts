import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

describe('retention', () => {
  it.each([
    ['run', 30 * MINUTE],
    ['runsync', MINUTE],
  ])('keeps the result of %s for RunPod’s time, then answers 404', async (operation, retentionMs) => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const { body } = await emulator.post(`/v2/echo/${operation}`, { input: { a: 1 } });
    await emulator.reaches('echo', body.id, 'COMPLETED');
    clock.advance(retentionMs - 1);
    expect((await emulator.get(`/v2/echo/status/${body.id}`)).body.output).toEqual({ a: 1 });
    clock.advance(1);
    for (const path of ['status', 'status-sync', 'stream']) {
      expect((await emulator.get(`/v2/echo/${path}/${body.id}`)).status).toBe(404);
    }
    for (const path of ['cancel', 'retry']) {
      expect((await emulator.post(`/v2/echo/${path}/${body.id}`)).status).toBe(404);
    }
  });

  it('can be made short', async () => {
    const emulator = await emulatorForTest({ retentionMs: 20 });
    const id = await emulator.submit('echo', { a: 1 });
    await eventually(async () => expect((await emulator.get(`/v2/echo/status/${id}`)).status).toBe(404));
  });

  it('is shortened by a status read with a ttl, and never lengthened', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('echo', { a: 1 });
    await emulator.reaches('echo', id, 'COMPLETED');
    await emulator.get(`/v2/echo/status/${id}?ttl=5000`);
    await emulator.get(`/v2/echo/status/${id}?ttl=${DAY}`);
    clock.advance(4_999);
    expect((await emulator.get(`/v2/echo/status/${id}`)).status).toBe(200);
    clock.advance(1);
    expect((await emulator.get(`/v2/echo/status/${id}`)).status).toBe(404);
  });

  it('starts anew for a retried job', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('fail', { message: 'x' });
    await emulator.reaches('fail', id, 'FAILED');
    clock.advance(20 * MINUTE);
    await emulator.post(`/v2/fail/retry/${id}`);
    await emulator.reaches('fail', id, 'FAILED');
    clock.advance(20 * MINUTE);
    expect((await emulator.get(`/v2/fail/status/${id}`)).status).toBe(200);
  });
});

describe('ttl', () => {
  it('deletes a job that was never taken, by default after a day', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('nobody-home', { a: 1 });
    clock.advance(DAY - 1);
    expect((await emulator.get(`/v2/nobody-home/status/${id}`)).body.status).toBe('IN_QUEUE');
    clock.advance(1);
    expect((await emulator.get(`/v2/nobody-home/status/${id}`)).status).toBe(404);
    expect((await emulator.get('/v2/nobody-home/health')).body.jobs.inQueue).toBe(0);
  });

  it('deletes a running job and stops its handler', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock, endpoints: { sleep: { workers: 1 } } });
    const id = await emulator.submit('sleep', { ms: DAY }, { policy: { ttl: 10_000 } });
    await emulator.reaches('sleep', id, 'IN_PROGRESS');
    clock.advance(10_000);
    expect((await emulator.get(`/v2/sleep/status/${id}`)).status).toBe(404);
    expect((await emulator.get('/v2/sleep/health')).body).toMatchObject({
      jobs: { inProgress: 0 },
      workers: { idle: 1, running: 0 },
    });
    expect(emulator.jobs()).toMatchObject([{ id, status: 'DELETED', billedMs: 10_000 }]);
  });

  it('cuts the retention of a job that ended late in its life', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('echo', { a: 1 }, { policy: { ttl: 2 * MINUTE } });
    await emulator.reaches('echo', id, 'COMPLETED');
    clock.advance(2 * MINUTE);
    expect((await emulator.get(`/v2/echo/status/${id}`)).status).toBe(404);
  });

  it('ends a held read of the job with 404', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('nobody-home', { a: 1 }, { policy: { ttl: 10_000 } });
    const held = emulator.get(`/v2/nobody-home/status-sync/${id}`);
    await eventually(() => expect(clock.isWaitedFor(90_000)).toBe(true));
    clock.advance(10_000);
    expect((await held).status).toBe(404);
  });
});

describe('the ledger', () => {
  it('lists every job, its times and what it cost, also after its retention', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const acceptedAt = clock.now();
    const id = await emulator.submit('sleep', { ms: 4_000 });
    await emulator.reaches('sleep', id, 'IN_PROGRESS');
    clock.advance(1_500);
    expect(emulator.jobs()).toMatchObject([{ status: 'IN_PROGRESS', endedAt: null, billedMs: 1_500 }]);
    clock.advance(2_500);
    await emulator.reaches('sleep', id, 'COMPLETED');
    clock.advance(DAY);
    const listed = await emulator.get('/_emulator/jobs', { headers: { authorization: '' } });
    expect(listed.body).toEqual([
      {
        id,
        endpoint: 'sleep',
        status: 'COMPLETED',
        acceptedAt: new Date(acceptedAt).toISOString(),
        startedAt: new Date(acceptedAt).toISOString(),
        endedAt: new Date(acceptedAt + 4_000).toISOString(),
        billedMs: 4_000,
        input: { ms: 4_000 },
      },
    ]);
  });

  it('sums the attempts of a retried job', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('sleep', { ms: DAY }, { policy: { executionTimeout: 5_000, ttl: 6 * DAY } });
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      await emulator.reaches('sleep', id, 'IN_PROGRESS');
      clock.advance(5_000);
      await emulator.reaches('sleep', id, 'FAILED');
      if (attempt === 1) await emulator.post(`/v2/sleep/retry/${id}`);
    }
    expect(emulator.jobs()).toMatchObject([{ id, status: 'FAILED', billedMs: 10_000 }]);
  });

  it('bills nothing to a job that never ran', async () => {
    const emulator = await emulatorForTest();
    const id = await emulator.submit('nobody-home', { a: 1 });
    await emulator.post(`/v2/nobody-home/cancel/${id}`);
    expect(emulator.jobs()).toMatchObject([
      { status: 'CANCELLED', startedAt: null, endedAt: expect.any(String), billedMs: 0 },
    ]);
  });

  it('can be asked for one endpoint', async () => {
    const emulator = await emulatorForTest();
    await emulator.submit('echo', 1);
    await emulator.submit('nobody-home', 2);
    expect((await emulator.get('/_emulator/jobs?endpoint=nobody-home')).body).toMatchObject([{ input: 2 }]);
  });
});
