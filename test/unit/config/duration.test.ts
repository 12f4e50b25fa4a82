import { describe, expect, it } from 'vitest';
import { InvalidDuration, parseDuration } from '../../../config/index.js';

describe('parseDuration', () => {
  it.each([
    ['250ms', 250],
    ['90s', 90_000],
    ['5m', 300_000],
    ['1.5h', 5_400_000],
    ['7d', 604_800_000],
    [1, 1],
    [1500.4, 1500],
  ])('reads %j as %d ms', (duration, expected) => expect(parseDuration(duration)).toBe(expected));

  it.each([
    '',
    '5',
    '5x',
    '-5m',
    '+5m',
    '5 m',
    '5M',
    '1h30m',
    '0s',
    '8d',
    '1e3s',
    'm',
    '5m\n',
    0,
    -1,
    0.4,
    Number.NaN,
    Infinity,
    6.1e8,
  ])('refuses %j', (duration) => expect(() => parseDuration(duration)).toThrow(InvalidDuration));

  it('says how to write one', () => {
    expect(() => parseDuration('5x')).toThrow(
      '"5x" is not a duration: write one like "90s", "5m" or "1h", or milliseconds as a number; at most 7 days',
    );
  });
});
