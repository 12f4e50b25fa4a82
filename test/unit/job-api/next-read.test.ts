import { describe, expect, test } from 'vitest';
import { ExecutionTimes } from '../../../job-api/polling/execution-times.js';
import { untilNextRead } from '../../../job-api/polling/next-read.js';

function timesOf(...executions: number[]): ExecutionTimes {
  const times = new ExecutionTimes();
  for (const ms of executions) times.learn(ms);
  return times;
}
const spread = (from: number, to: number, count = 200) =>
  Array.from({ length: count }, (_, n) => from + ((to - from) * n) / count);

describe('what is known of execution times', () => {
  test('is nothing at first: half of the jobs end soon, and half of the rest before it has doubled', () => {
    const times = new ExecutionTimes();
    expect(times.medianMs).toBeUndefined();
    expect([0, 200, 1_800].map((ms) => times.survival(ms))).toEqual([1, 0.5, 0.1]);
  });

  test('is what was seen, with a little left for what never was', () => {
    const times = timesOf(...spread(2_000, 6_000, 500));
    expect(times.medianMs).toBeGreaterThan(3_800);
    expect(times.medianMs).toBeLessThan(4_200);
    expect(times.survival(1_900)).toBeGreaterThan(0.97);
    expect(times.survival(4_000)).toBeCloseTo(0.5, 1);
    expect(times.survival(10_000)).toBeGreaterThan(0);
    expect(times.survival(10_000)).toBeLessThan(0.02);
  });

  test('is forgotten when an endpoint has changed', () => {
    const times = timesOf(...spread(100, 200, 600), ...spread(8_000, 9_000, 1_200));
    expect(times.medianMs).toBeGreaterThan(7_500);
  });
});

describe('the time until the next read', () => {
  const unknown = new ExecutionTimes();
  test.each([
    [0, 175],
    [1_000, 350],
    [10_000, 1_010],
    [60_000, 2_460],
    [3_600_000, 10_000],
  ])('of a job that runs for %i ms on an unknown endpoint is about %i ms', (runningMs, expected) => {
    const waitMs = untilNextRead(runningMs, unknown);
    expect(waitMs).toBeGreaterThan(expected * 0.85);
    expect(waitMs).toBeLessThan(expected * 1.15 + 1);
  });

  const known = timesOf(...spread(4_000, 5_000, 500));
  test.each([
    [0, 1_500, 4_500],
    [4_000, 150, 450],
    [4_900, 20, 120],
  ])('of a job that runs for %i ms where they take 4 to 5 s is %i to %i ms', (runningMs, least, most) => {
    const waitMs = untilNextRead(runningMs, known);
    expect(waitMs).toBeGreaterThanOrEqual(least);
    expect(waitMs).toBeLessThanOrEqual(most);
  });

  test('grows with the age of one that runs longer than any before', () => {
    const waits = [6_000, 20_000, 100_000].map((runningMs) => untilNextRead(runningMs, known));
    expect(waits).toEqual(waits.toSorted((a, b) => a - b));
    expect(waits[0]).toBeGreaterThan(300);
  });
});
