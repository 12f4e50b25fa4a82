import { describe, expect, it, vi } from 'vitest';
import { allowedFailures } from '../../../workflows/map-jobs.js';

describe('allowedFailures', () => {
  it.each<[number | string, number, number]>([
    [0, 100, 0],
    [3, 100, 3],
    ['5%', 100, 5],
    ['0%', 100, 0],
    ['12.5%', 8, 1],
    ['100%', 7, 7],
    ['29%', 100, 29],
    ['65.6%', 375, 246],
    ['0.999%', 1_000, 9],
  ])('takes %s of %s items for %s', (tolerate, total, expected) => {
    expect(allowedFailures(tolerate, total, () => true)).toBe(expected);
  });

  it('leaves a run of before with the number that it began with, and asks only where there is another', () => {
    expect(allowedFailures('29%', 100, () => false)).toBe(28);
    const asked = vi.fn(() => true);
    expect(allowedFailures('30%', 100, asked)).toBe(30);
    expect(allowedFailures(2, 100, asked)).toBe(2);
    expect(asked).not.toHaveBeenCalled();
  });

  it.each([-1, Number.NaN, '5', 'half', '101%', '-5%'])('refuses %s', (tolerate) => {
    expect(() => allowedFailures(tolerate, 10, () => true)).toThrow(/^tolerate is /);
  });
});
