import { describe, expect, it } from 'vitest';
import {
  type Account,
  type Allowance,
  addSpent,
  freeIn,
  givenBack,
  grantOf,
  hasRoom,
  isUsedUp,
  mayGiveBack,
  type PartAccount,
  reservedBy,
  type Spent,
  totalSpent,
  useOf,
} from '../../../../workflows/budget/account.js';
import { describeUse } from '../../../../workflows/budget/describe-use.js';

const part = (granted: Allowance, spent: Spent = { jobs: 0, costUsd: 0 }, ended = false): PartAccount => ({
  ...{ granted, spent, ended },
});
const account = (granted: Allowance, own: Spent, ...parts: PartAccount[]): Account => ({ granted, own, parts });

describe('what is free of a budget', () => {
  it.each<[string, Account, Allowance]>([
    ['all, at first', account({ jobs: 5, costUsd: 1 }, { jobs: 0, costUsd: 0 }), { jobs: 5, costUsd: 1 }],
    ['what own jobs left', account({ jobs: 5, costUsd: 1 }, { jobs: 2, costUsd: 0.5 }), { jobs: 3, costUsd: 0.5 }],
    [
      'not what parts hold, spent or not',
      account({ jobs: 9 }, { jobs: 1, costUsd: 0 }, part({ jobs: 4 })),
      { jobs: 4 },
    ],
    [
      'again what a part that ended has not spent',
      account({ jobs: 9 }, { jobs: 1, costUsd: 0 }, part({ jobs: 4 }, { jobs: 1, costUsd: 0 }, true)),
      { jobs: 7 },
    ],
    [
      'less than nothing, where jobs under way cost more than was there',
      account({ costUsd: 1 }, { jobs: 1, costUsd: 0 }, part({ costUsd: 1 }, { jobs: 3, costUsd: 1.5 })),
      { costUsd: -0.5 },
    ],
    ['no money, once a cost is not known', account({ jobs: 9, costUsd: 1 }, { jobs: 1 }), { jobs: 8, costUsd: 0 }],
    ['without bounds, what is not bounded', account({}, { jobs: 900 }), {}],
  ])('is %s', (_, given, free) => {
    expect(freeIn(given)).toEqual(free);
  });

  it.each<[Allowance, boolean]>([
    [{}, true],
    [{ jobs: 1 }, true],
    [{ jobs: 0 }, false],
    [{ costUsd: 0.01 }, true],
    [{ costUsd: 0 }, false],
    // 0.3 - 0.1 - 0.2, as floating point has it.
    [{ costUsd: 2.7e-17 }, false],
    [{ jobs: 3, costUsd: -1 }, false],
  ])('%j has room for a job: %s', (free, expected) => {
    expect(hasRoom(free)).toBe(expected);
  });
});

describe('what a part is handed', () => {
  it.each<[string, Account, number, Allowance | undefined, Allowance]>([
    ['what it needs', account({ jobs: 50 }, { jobs: 0 }), 8, undefined, { jobs: 8 }],
    ['no more than is free', account({ jobs: 5 }, { jobs: 2 }), 8, undefined, { jobs: 3 }],
    ['as much again as it had', account({ jobs: 100 }, { jobs: 0 }), 1, { jobs: 8 }, { jobs: 8 }],
    [
      'no more ahead than its share',
      account({ jobs: 12 }, { jobs: 0 }, part({ jobs: 6 })),
      1,
      { jobs: 6 },
      { jobs: 3 },
    ],
    [
      'half of the money, where it is alone',
      account({ costUsd: 8 }, { jobs: 0, costUsd: 0 }),
      1,
      undefined,
      { costUsd: 4 },
    ],
    [
      'a share of the money, where it is not',
      account({ costUsd: 9 }, { jobs: 0, costUsd: 0 }, part({ costUsd: 1 })),
      ...([1, undefined, { costUsd: 2 }] as const),
    ],
    [
      'all of it, where a share would not be worth a message',
      account({ costUsd: 10 }, { jobs: 0, costUsd: 9.96 }),
      ...([1, undefined, { costUsd: expect.closeTo(0.04, 9) as unknown as number }] as const),
    ],
  ])('is %s', (_, given, need, had, granted) => {
    expect(grantOf(given, need, had)).toEqual(granted);
  });

  it.each<[Allowance, Allowance]>([
    [{ jobs: 5 }, { jobs: 3 }],
    [{ jobs: 1 }, { jobs: 1 }],
    [
      { jobs: 0, costUsd: 2 },
      { jobs: 0, costUsd: 2 },
    ],
    [{ costUsd: -2 }, { costUsd: 0 }],
  ])('of %j it gives back %j when it is recalled', (unused, back) => {
    expect(givenBack(unused)).toEqual(back);
  });
});

describe('a budget', () => {
  it.each<[string, Account, boolean]>([
    ['there is room', account({ jobs: 2 }, { jobs: 1 }), false],
    ['all is spent', account({ jobs: 2 }, { jobs: 2 }), true],
    ['a part may give some back', account({ jobs: 4 }, { jobs: 2 }, part({ jobs: 2 }, { jobs: 1 })), false],
    ['no part can', account({ jobs: 4 }, { jobs: 2 }, part({ jobs: 2 }, { jobs: 2 })), true],
    [
      'no part can, and it holds the other',
      account({ jobs: 1, costUsd: 2 }, { jobs: 1, costUsd: 0 }, part({ jobs: 0, costUsd: 1 })),
      true,
    ],
    ['the cost of a job is not known', account({ costUsd: 2 }, { jobs: 1 }), true],
  ])('is used up, where %s: %s', (_, given, expected) => {
    expect(isUsedUp(given)).toBe(expected);
  });

  it('asks a part only for what is used up', () => {
    const rich = part({ jobs: 5, costUsd: 3 }, { jobs: 5, costUsd: 1 });
    expect(mayGiveBack(rich, { jobs: 0, costUsd: 1 })).toBe(false);
    expect(mayGiveBack(rich, { jobs: 1, costUsd: 0 })).toBe(true);
    expect(mayGiveBack({ ...rich, ended: true }, { jobs: 1, costUsd: 0 })).toBe(false);
  });

  it('takes it that a part which cannot tell has spent all that it held', () => {
    expect(reservedBy(part({ jobs: 5, costUsd: 3 }, { jobs: 2, costUsd: 1 }))).toEqual({ jobs: 5, costUsd: 3 });
    expect(reservedBy(part({ jobs: 5, costUsd: 3 }, { jobs: 2, costUsd: 4 }))).toEqual({ jobs: 5, costUsd: 4 });
  });

  it('counts what all have spent, and does not know the cost of it once it is not known of one', () => {
    const parts = [part({ jobs: 9 }, { jobs: 2, costUsd: 1 })];
    expect(totalSpent(account({ jobs: 9 }, { jobs: 1, costUsd: 2 }, ...parts))).toEqual({ jobs: 3, costUsd: 3 });
    expect(addSpent({ jobs: 1, costUsd: 2 }, { jobs: 1 })).toEqual({ jobs: 2 });
  });

  it.each<[Allowance, Spent, string]>([
    [{ jobs: 20 }, { jobs: 20, costUsd: 1 }, '20 of 20 jobs submitted'],
    [{ costUsd: 5 }, { jobs: 3, costUsd: 5.03 }, 'about $5.0300 of $5 spent'],
    [{ jobs: 9, costUsd: 5 }, { jobs: 3 }, '3 of 9 jobs submitted, an unknown part of $5 spent'],
  ])('of %j and %j says: %s', (budget, spent, words) => {
    expect(describeUse(useOf(budget, spent))).toBe(words);
  });
});
