import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RequestCount } from '../../../job-api/limits/request-count.js';

const rolling = { requests: 100, windowMs: 10_000 };
const START = Date.UTC(2026, 0, 1);

describe('the count of a rolling window', () => {
  test('holds what was asked within it, by purpose', () => {
    const count = new RequestCount(rolling);
    count.add('read', START);
    count.add('read', START + 5_000);
    count.add('submit', START + 5_000);
    expect(count.counts(START + 9_999)).toEqual({ submit: 1, read: 2, settle: 0, other: 0 });
    expect(count.counts(START + 14_000)).toEqual({ submit: 1, read: 1, settle: 0, other: 0 });
    expect(count.counts(START + 60_000)).toEqual({ submit: 0, read: 0, settle: 0, other: 0 });
  });

  test('never counts less than an exact one, and forgets at most a slot late', () => {
    const times = fc.array(fc.integer({ min: 0, max: 30_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(times, fc.integer({ min: 0, max: 30_000 }), (asked, after) => {
        const sorted = asked.toSorted((a, b) => a - b);
        const now = START + (sorted.at(-1) ?? 0) + after;
        const count = new RequestCount(rolling);
        for (const at of sorted) count.add('read', START + at);
        const within = (ms: number) => sorted.filter((at) => START + at > now - ms).length;
        const { read } = count.counts(now);
        return read >= within(10_000) && read <= within(10_200);
      }),
      { numRuns: 2_000 },
    );
  });

  test('counts the same however often it is asked in between, and when the clock is set back', () => {
    const step = fc.record({ by: fc.integer({ min: -3_000, max: 6_000 }), asks: fc.boolean() });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const asked = new RequestCount(rolling);
        const silent = new RequestCount(rolling);
        let now = START;
        for (const { by, asks } of steps) {
          now += by;
          if (asks) asked.counts(now);
          for (const count of [asked, silent]) count.add('read', now);
        }
        expect(asked.counts(now)).toEqual(silent.counts(now));
      }),
      { numRuns: 1_000 },
    );
  });

  test('says when enough will be forgotten', () => {
    const count = new RequestCount(rolling);
    for (const at of [0, 0, 1_000, 4_000]) count.add('read', START + at);
    const freeAt = (requests: number) => count.freeAt(requests, START + 5_000) - START;
    expect([freeAt(1), freeAt(2), freeAt(3), freeAt(4)]).toEqual([10_200, 10_200, 11_200, 14_200]);
    expect(freeAt(5)).toBe(15_000);
  });
});

describe('the count of a window by the clock', () => {
  const daily = { requests: 100, windowMs: 86_400_000, byClock: true } as const;

  test('begins anew with the window of the clock', () => {
    const count = new RequestCount(daily);
    count.add('read', START + 86_399_000);
    expect(count.counts(START + 86_399_999).read).toBe(1);
    expect(count.freeAt(1, START + 86_399_999)).toBe(START + 86_400_000);
    expect(count.counts(START + 86_400_000).read).toBe(0);
    count.add('read', START + 86_400_000);
    expect(count.counts(START + 86_400_001).read).toBe(1);
  });

  test('does not count what comes late for the window before', () => {
    const count = new RequestCount(daily);
    count.add('read', START + 86_400_000);
    count.add('read', START + 86_399_000);
    expect(count.counts(START + 86_400_001).read).toBe(1);
  });
});
