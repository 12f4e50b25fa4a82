import { describe, expect, it } from 'vitest';
import { startEmulator, TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';

describe('the emulator as a server', () => {
  it('listens on this machine alone, on a free port', async () => {
    const emulator = await emulatorForTest();
    expect(emulator.url).toBe(`http://127.0.0.1:${emulator.port}`);
    expect(emulator.port).toBeGreaterThan(0);
  });

  it('says which port is in use and what to do', async () => {
    const { port } = await emulatorForTest();
    await expect(startEmulator({ port })).rejects.toThrow(
      `the emulator cannot listen on 127.0.0.1:${port}: the port is in use; stop what uses it, or choose another (0: any free one)`,
    );
  });

  it('closes at once: held requests end and handlers are told', async () => {
    let aborted = false;
    const emulator = await emulatorForTest({
      endpoints: {
        endless: {
          handler: (_input, { signal }) => {
            signal.addEventListener('abort', () => {
              aborted = true;
            });
            return new Promise(() => undefined);
          },
        },
      },
    });
    const id = await emulator.submit('endless', { a: 1 });
    await emulator.reaches('endless', id, 'IN_PROGRESS');
    emulator.setFaults([{ kind: 'delay', delayMs: 60_000, operation: 'health' }]);
    const held = [`status-sync/${id}`, `stream/${id}`, 'health'].map((path) =>
      emulator.get(`/v2/endless/${path}`).catch(() => 'ended'),
    );
    await eventually(async () => expect((await emulator.get('/_emulator/faults')).body.faults[0].hits).toBe(1));
    await emulator.close();
    expect(await Promise.all(held)).toEqual(['ended', 'ended', 'ended']);
    expect(aborted).toBe(true);
    await expect(emulator.get('/_emulator/jobs')).rejects.toThrow();
  });
});

describe('the route of the clock', () => {
  it('advances a test clock', async () => {
    const clock = new TestClock({ startAt: Date.UTC(2030, 0) });
    const emulator = await emulatorForTest({ clock });
    const id = await emulator.submit('echo', { a: 1 });
    await emulator.reaches('echo', id, 'COMPLETED');
    expect((await emulator.get('/_emulator/clock')).body).toEqual({ now: '2030-01-01T00:00:00.000Z' });
    const answer = await emulator.post('/_emulator/clock', { advanceMs: 30 * 60_000 });
    expect(answer.body).toEqual({ now: '2030-01-01T00:30:00.000Z' });
    expect((await emulator.get(`/v2/echo/status/${id}`)).status).toBe(404);
  });

  it.each([{ advanceMs: -1 }, { advanceMs: 'an hour' }, {}])('refuses %j', async (body) => {
    const emulator = await emulatorForTest({ clock: new TestClock() });
    const answer = await emulator.post('/_emulator/clock', body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toContain('advanceMs');
  });

  it('leaves the real time alone, and says how to get another', async () => {
    const emulator = await emulatorForTest();
    const answer = await emulator.post('/_emulator/clock', { advanceMs: 1 });
    expect(answer.status).toBe(409);
    expect(answer.body.error).toContain('--test-clock');
  });
});
