import { describe, expect, it } from 'vitest';
import { allowedFailures } from '../../../workflows/map-jobs.js';

describe('allowedFailures', () => {
  it.each<[number | string, number, number]>([
    [0, 100, 0],
    [3, 100, 3],
    ['5%', 100, 5],
    ['0%', 100, 0],
    ['12.5%', 8, 1],
    ['100%', 7, 7],
  ])('takes %s of %s items for %s', (tolerate, total, expected) => {
    expect(allowedFailures(tolerate, total)).toBe(expected);
  });

  it.each([-1, Number.NaN, '5', 'half', '101%', '-5%'])('refuses %s', (tolerate) => {
    expect(() => allowedFailures(tolerate, 10)).toThrow(/^tolerate is /);
  });
});
