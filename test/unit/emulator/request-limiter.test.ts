import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import type { Operation } from '../../../emulator/operation.js';
import { RequestLimiter } from '../../../emulator/request-limiter.js';
import { SlidingWindow } from '../../../emulator/sliding-window.js';

function limiterAt(clock = new TestClock(), { requestsPerWorker = 0, running = 0 } = {}) {
  const limiter = new RequestLimiter({ clock, requestsPerWorker, runningWorkers: () => running });
  const admit = (operation: Operation, { key = 'k', endpointId = 'e' } = {}) =>
    limiter.admit({ key, endpointId, operation });
  /** How many requests are let in one after the other, up to `most`. */
  const admitted = (operation: Operation, most = 5_000) => {
    let count = 0;
    for (; count < most; count += 1) {
      const admission = admit(operation);
      if (!admission.admitted) break;
      admission.leave();
    }
    return count;
  };
  return { admit, admitted };
}

describe('the documented rates', () => {
  it.each([
    ['run', 1_000],
    ['runsync', 2_000],
    ['status', 2_000],
    ['status-sync', 2_000],
    ['stream', 2_000],
    ['cancel', 100],
    ['purge-queue', 2],
    ['retry', 5_000],
    ['health', 5_000],
  ] as const)('let in of %s, in 10 s, %d', (operation, count) => {
    expect(limiterAt().admitted(operation)).toBe(count);
  });

  it('count any stretch of 10 s', () => {
    const clock = new TestClock();
    const { admitted } = limiterAt(clock);
    expect(admitted('cancel', 60)).toBe(60);
    clock.advance(5_000);
    expect(admitted('cancel')).toBe(40);
    clock.advance(4_999);
    expect(admitted('cancel')).toBe(0);
    clock.advance(1);
    expect(admitted('cancel')).toBe(60);
  });

  it('count reads together, and each endpoint and each key apart', () => {
    const { admit, admitted } = limiterAt();
    expect(admitted('status', 1_500)).toBe(1_500);
    expect(admitted('stream')).toBe(500);
    expect(admit('status-sync').admitted).toBe(false);
    expect(admit('status-sync', { endpointId: 'other' }).admitted).toBe(true);
    expect(admit('status-sync', { key: 'other' }).admitted).toBe(true);
  });

  it('grow with the running workers, and are never less than the base', () => {
    expect(limiterAt(new TestClock(), { requestsPerWorker: 30, running: 50 }).admitted('run')).toBe(1_500);
    expect(limiterAt(new TestClock(), { requestsPerWorker: 30, running: 5 }).admitted('run')).toBe(1_000);
  });
});

describe('what may be in flight at once', () => {
  it.each([
    ['run', 200],
    ['runsync', 400],
    ['status', 400],
    ['cancel', 20],
  ] as const)('of %s is %d, and one that leaves makes room', (operation, atOnce) => {
    const { admit } = limiterAt();
    const first = admit(operation);
    for (let i = 1; i < atOnce; i += 1) expect(admit(operation).admitted).toBe(true);
    expect(admit(operation)).toEqual({ admitted: false, limit: expect.stringContaining(`${atOnce} at once`) });
    if (first.admitted) first.leave();
    expect(admit(operation).admitted).toBe(true);
  });
});

describe('a sliding window', () => {
  it('never lets more than its limit into any stretch, and refuses nothing that would fit', () => {
    const gaps = fc.array(fc.nat(60), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 8 }), (steps, limit) => {
        const window = new SlidingWindow(100);
        const taken: number[] = [];
        let now = 0;
        for (const step of steps) {
          now += step;
          const recent = taken.filter((time) => time > now - 100).length;
          const fits = window.take(now, limit);
          expect(fits).toBe(recent < limit);
          if (fits) taken.push(now);
        }
      }),
    );
  });
});
