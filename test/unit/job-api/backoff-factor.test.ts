import { expect, test } from 'vitest';
import { BackoffFactor } from '../../../job-api/limits/backoff-factor.js';

test('a limit is used in full until a request is refused', () => {
  expect(new BackoffFactor(10_000).at(0)).toBe(1);
});

test('a refusal halves it, and each window without one gives back a tenth of the whole', () => {
  const factor = new BackoffFactor(10_000);
  factor.refused(0, 0);
  expect([0, 10_000, 30_000, 50_000, 500_000].map((at) => factor.at(at))).toEqual([0.5, 0.6, 0.8, 1, 1]);
});

test('a burst that is refused is one refusal', () => {
  const factor = new BackoffFactor(10_000);
  for (let n = 0; n < 50; n++) factor.refused(100 - n, 101 + n);
  expect(factor.at(101)).toBe(0.5);
  factor.refused(120, 200);
  expect(factor.at(200)).toBeCloseTo(0.25);
});

test('something of it is always left, so that room is noticed', () => {
  const factor = new BackoffFactor(10_000);
  for (let n = 0; n < 50; n++) factor.refused(n, n);
  expect(factor.at(50)).toBeGreaterThan(0.01);
});
