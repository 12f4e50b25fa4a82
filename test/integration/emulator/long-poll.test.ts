import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually, gate } from './harness.js';

const UUID = '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}';

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
    const clock = new TestClock();
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
    const clock = new TestClock();
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('sleep', { ms: 4_000 });
    await emulator.reaches('sleep', id, 'IN_PROGRESS');
    const answer = emulator.get(`/v2/sleep/status-sync/${id}?wait=30000`);
    await eventually(() => expect(clock.isWaitedFor(30_000)).toBe(true));
    clock.advance(4_000);
    expect((await answer).body).toMatchObject({ id, status: 'COMPLETED', executionTime: 4_000 });
  });

  it('answers status-sync with the job as it stands when the wait is over', async () => {
    const clock = new TestClock();
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
