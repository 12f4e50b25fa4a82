import { describe, expect, test } from 'vitest';
import { mayTake } from '../../../job-api/limits/may-take.js';

const used = { submit: 0, read: 0, settle: 0, other: 0 };

describe('one more request', () => {
  test.each([
    [9, true],
    [10, false],
  ])('beside %i of 10: %s', (submit, fits) => {
    expect(mayTake('submit', { ...used, submit }, 10)).toBe(fits);
  });

  const reserved = { submit: 0.2, read: 0.3, settle: 0.2 };
  test.each([
    ['a submit leaves what others have reserved', 'submit', { submit: 50 }, false],
    ['a submit uses what nobody has reserved', 'submit', { submit: 49 }, true],
    ['a read finds its part whatever the cancels use', 'read', { settle: 70, submit: 0, read: 9 }, true],
    ['what others used of theirs is not kept twice', 'submit', { submit: 20, read: 30, settle: 20, other: 29 }, true],
    ['a full budget is full', 'read', { submit: 20, read: 30, settle: 20, other: 30 }, false],
    ['something without a part has what is left', 'other', { other: 29 }, true],
    ['and no more', 'other', { other: 30 }, false],
  ] as const)('of a common 100: %s', (_what, purpose, counts, fits) => {
    expect(mayTake(purpose, { ...used, ...counts }, 100, reserved)).toBe(fits);
  });

  test('a purge and a thousand cancels do not take the reads their part', () => {
    const counts = { ...used };
    while (mayTake('settle', counts, 300, reserved)) counts.settle += 1;
    while (mayTake('other', counts, 300, reserved)) counts.other += 1;
    let reads = 0;
    while (mayTake('read', counts, 300, reserved)) {
      counts.read += 1;
      reads += 1;
    }
    expect(reads).toBe(90);
  });
});
