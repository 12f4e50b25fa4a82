import { describe, expect, it } from 'vitest';
import {
  medianInterval,
  noiseOfP95,
  p95Ratio,
  p95RatioInterval,
  quantile,
  seededRandom,
} from '../../../bench/statistics.js';

/** Windows of times around a middle, each with a slow moment or two, as a machine has them. */
function windows(middleMs: number, seed: number, count = 8): number[][] {
  const random = seededRandom(seed);
  return Array.from({ length: count }, () =>
    Array.from({ length: 24 }, () => middleMs * (0.9 + 0.2 * random() + (random() < 0.05 ? 0.3 : 0))),
  );
}

describe('a quantile', () => {
  it.each([
    [0, 1],
    [0.5, 3],
    [0.95, 5],
    [1, 5],
  ])('of share %d is a sample', (share, sample) => {
    expect(quantile([5, 1, 4, 2, 3], share)).toBe(sample);
  });
});

describe('the interval of a median', () => {
  it('holds the median, is narrow for samples that agree, and wide for those that do not', () => {
    const agreeing = [1, 1.01, 0.99, 1, 1.02, 0.98, 1, 1.01];
    const [low, high] = medianInterval(agreeing);
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(1);
    expect(high - low).toBeLessThan(0.04);
    const [wideLow, wideHigh] = medianInterval([1, 3, 0.2, 2, 0.5, 4, 1, 0.1]);
    expect(wideHigh - wideLow).toBeGreaterThan(1);
  });

  it('is the same each time', () => {
    expect(medianInterval([3, 1, 2])).toEqual(medianInterval([3, 1, 2]));
  });
});

describe('the noise of a ratio of p95', () => {
  it.each([1, 2, 3, 4, 5])('is not passed by windows of one kind (%d)', (seed) => {
    const [these, those] = [windows(20, seed), windows(20, seed + 100)];
    expect(p95Ratio(these, those)).toBeLessThanOrEqual(noiseOfP95(these, those));
  });

  it.each([1, 2, 3, 4, 5])('is passed by windows that are half as slow again (%d)', (seed) => {
    const [these, those] = [windows(30, seed), windows(20, seed + 100)];
    expect(p95Ratio(these, those)).toBeGreaterThan(noiseOfP95(these, those));
  });
});

describe('the interval of a ratio of p95', () => {
  it('holds 1 for windows of one kind, and the true ratio for those of two', () => {
    const [low, high] = p95RatioInterval(windows(20, 1), windows(20, 101));
    expect(low).toBeLessThanOrEqual(1);
    expect(high).toBeGreaterThanOrEqual(1);
    const [slowLow, slowHigh] = p95RatioInterval(windows(30, 1), windows(20, 101));
    expect(slowLow).toBeGreaterThan(1);
    expect(slowLow).toBeLessThanOrEqual(1.5);
    expect(slowHigh).toBeGreaterThanOrEqual(1.5);
  });
});
