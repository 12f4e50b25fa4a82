import { describe, expect, it } from 'vitest';
import { InvalidFault } from '../../../emulator/index.js';
import { emulatorForTest } from './harness.js';

describe('which requests a fault takes', () => {
  it('only those of its endpoint, after those it skips, as often as it says', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'status', httpStatus: 500, endpoint: 'echo', skip: 1, times: 2 }]);
    expect((await emulator.get('/v2/sleep/health')).status).toBe(200);
    const statuses: number[] = [];
    for (let i = 0; i < 4; i += 1) statuses.push((await emulator.get('/v2/echo/health')).status);
    expect(statuses).toEqual([200, 500, 500, 200]);
  });

  it('one alone, by its number', async () => {
    const emulator = await emulatorForTest();
    emulator.setFaults([{ kind: 'status', httpStatus: 500, operation: 'health', nth: 3 }]);
    const statuses: number[] = [];
    for (let i = 0; i < 5; i += 1) statuses.push((await emulator.get('/v2/echo/health')).status);
    expect(statuses).toEqual([200, 200, 500, 200, 200]);
  });

  it('some of them by chance, the same for the same seed', async () => {
    const emulator = await emulatorForTest();
    const faults = [{ kind: 'status', httpStatus: 500, probability: 0.3 } as const];
    const statuses = async (options?: { seed: number }) => {
      emulator.setFaults(faults, options);
      const seen: number[] = [];
      for (let i = 0; i < 60; i += 1) seen.push((await emulator.get('/v2/echo/health')).status);
      return seen;
    };
    const first = await statuses({ seed: 7 });
    expect(first.filter((status) => status === 500).length).toBeGreaterThan(8);
    expect(first.filter((status) => status === 500).length).toBeLessThan(30);
    expect(await statuses({ seed: 7 })).toEqual(first);
    expect(await statuses({ seed: 8 })).not.toEqual(first);
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
    ['an operation without a job', { faults: [{ kind: 'lose-output', operation: 'health' }] }, 'faults[0].operation'],
    ['a late progress of a submit', { faults: [{ kind: 'late-progress', operation: 'run' }] }, 'faults[0].operation'],
    ['a third loss', { faults: [{ kind: 'lose-worker', losses: 3 }] }, 'faults[0].losses'],
    ['a webhook late by no time', { faults: [{ kind: 'webhook-late' }] }, 'faults[0].delayMs'],
    ['a probability of more than 1', { faults: [{ kind: 'reset', probability: 2 }] }, 'faults[0].probability'],
    ['a number beside a count', { faults: [{ kind: 'reset', nth: 2, times: 1 }] }, 'faults[0].nth'],
    ['a seed that is no number', { faults: [], seed: 'x' }, 'seed'],
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
