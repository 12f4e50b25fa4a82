/**
 * How a run shares its budget with the workflows within it, each of which holds a part and may hand on of its own. Pure.
 *
 * What is handed out counts as used until it is known what became of it. So the parts together never exceed the whole,
 * whoever is late, terminated, or silent.
 */
import type { BudgetInput, BudgetUse } from '../budget-contract.js';

/** So much of either; what is not bounded is absent. */
export type Allowance = BudgetInput;

export interface Spent {
  /** Submits that made a job, or may have, or are under way. */
  readonly jobs: number;
  /** Of the jobs that have ended; absent once it is not known of one. */
  readonly costUsd?: number;
}

export const NOTHING_SPENT: Spent = { jobs: 0, costUsd: 0 };

/** What was handed to a workflow within. */
export interface PartAccount {
  readonly granted: Allowance;
  /** As it told last. */
  readonly spent: Spent;
  /** It spends no more, and what it has not spent is free again. */
  readonly ended: boolean;
}

export interface Account {
  /** The budget of the run, or the part of it that this workflow holds. */
  readonly granted: Allowance;
  /** By jobs of the workflow's own. */
  readonly own: Spent;
  readonly parts: readonly PartAccount[];
}

/** Less is no money: sums of fractions are not exact. */
const LEAST_USD = 1e-9;

/** Submits that are handed out ahead of their need at once. */
const AHEAD_MAX = 100;

/** The share of a workflow's money that is handed out at least: each message costs events. */
const LEAST_SHARE = 1 / 200;

export function addSpent(a: Spent, b: Spent): Spent {
  const jobs = a.jobs + b.jobs;
  return a.costUsd === undefined || b.costUsd === undefined ? { jobs } : { jobs, costUsd: a.costUsd + b.costUsd };
}

/** Sums; what is not bounded in the first stays so. */
export function addAllowance(a: Allowance, b: Allowance, sign: 1 | -1 = 1): Allowance {
  return allowance((dimension) => {
    const of = a[dimension];
    return of === undefined ? undefined : of + sign * (b[dimension] ?? 0);
  });
}

/** By this workflow and all within it, as far as they have told. */
export function totalSpent({ own, parts }: Account): Spent {
  return parts.reduce((sum, { spent }) => addSpent(sum, spent), own);
}

/** What may be used or handed out; below zero where jobs under way have cost more than was left. */
export function freeIn({ granted, own, parts }: Account): Allowance {
  return left(
    granted,
    parts.reduce((sum, part) => addSpent(sum, reservedBy(part)), own),
  );
}

/** What has to be counted as used by a part: what it was handed, or what it spent where that is more. */
export function reservedBy({ granted, spent, ended }: PartAccount): Spent {
  if (ended) return spent;
  const jobs = Math.max(granted.jobs ?? 0, spent.jobs);
  return spent.costUsd === undefined ? { jobs } : { jobs, costUsd: Math.max(granted.costUsd ?? 0, spent.costUsd) };
}

/** Whether one more job may be submitted. */
export function hasRoom(free: Allowance): boolean {
  return DIMENSIONS.every((dimension) => isThere(dimension, free[dimension]));
}

/** Of what is used up here, what a part may still hold. */
export function mayGiveBack({ granted, spent, ended }: PartAccount, free: Allowance): boolean {
  if (ended) return false;
  const unused = left(granted, spent);
  return DIMENSIONS.some((dimension) => !isThere(dimension, free[dimension]) && holds(dimension, unused[dimension]));
}

/** Whether a part holds anything that it has not spent. */
export function holdsUnused({ granted, spent, ended }: PartAccount): boolean {
  const unused = left(granted, spent);
  return !ended && DIMENSIONS.some((dimension) => holds(dimension, unused[dimension]));
}

/** True where nothing can be given back that would make room: the budget is used up. */
export function isUsedUp(account: Account): boolean {
  const free = freeIn(account);
  return DIMENSIONS.some(
    (dimension) =>
      !isThere(dimension, free[dimension]) &&
      account.parts.every(({ granted, spent, ended }) => ended || !holds(dimension, left(granted, spent)[dimension])),
  );
}

/**
 * What a part is handed, of what is free: as many submits as it needs now, and as many ahead as it has had before, which
 * keeps messages few. Of money, a share, so that those who ask later find some.
 *
 * @param need submits that wait, or that are known to come
 * @param had what it was handed so far; of a new part nothing
 */
export function grantOf(account: Account, need: number, had: Allowance = {}): Allowance {
  const { jobs, costUsd } = freeIn(account);
  const sharers = account.parts.filter(({ ended }) => !ended).length + 1;
  const ahead = Math.min(had.jobs ?? 0, AHEAD_MAX, Math.ceil((jobs ?? 0) / sharers));
  const leastUsd = (account.granted.costUsd ?? 0) * LEAST_SHARE;
  return {
    ...(jobs === undefined ? {} : { jobs: Math.max(0, Math.min(jobs, Math.max(need, ahead))) }),
    ...(costUsd === undefined
      ? {}
      : { costUsd: Math.max(0, Math.min(costUsd, Math.max(costUsd / (2 * sharers), leastUsd))) }),
  };
}

/**
 * What a part gives back that others have need of: half of its submits, since it will want some itself, and all of its
 * money, of which there would always be another half.
 */
export function givenBack(unused: Allowance): Allowance {
  return {
    ...(unused.jobs === undefined ? {} : { jobs: Math.ceil(Math.max(0, unused.jobs) / 2) }),
    ...(unused.costUsd === undefined ? {} : { costUsd: Math.max(0, unused.costUsd) }),
  };
}

export function useOf(budget: BudgetInput, spent: Spent): BudgetUse {
  const { jobs, costUsd } = budget;
  return {
    ...(jobs === undefined ? {} : { jobs: { limit: jobs, used: spent.jobs } }),
    ...(costUsd === undefined
      ? {}
      : { costUsd: { limit: costUsd, ...(spent.costUsd === undefined ? {} : { used: spent.costUsd }) } }),
  };
}

type Dimension = keyof Allowance;
const DIMENSIONS: readonly Dimension[] = ['jobs', 'costUsd'];

function allowance(of: (dimension: Dimension) => number | undefined): Allowance {
  const [jobs, costUsd] = [of('jobs'), of('costUsd')];
  return { ...(jobs === undefined ? {} : { jobs }), ...(costUsd === undefined ? {} : { costUsd }) };
}

/** A cost that is not known may be any: nothing is left. */
function left(granted: Allowance, spent: Spent): Allowance {
  return allowance((dimension) => {
    const of = granted[dimension];
    const gone = spent[dimension];
    return of === undefined ? undefined : gone === undefined ? 0 : of - gone;
  });
}

/** Enough for a job, where that is bounded at all. */
function isThere(dimension: Dimension, free: number | undefined): boolean {
  return free === undefined || holds(dimension, free);
}

function holds(dimension: Dimension, unused: number | undefined): boolean {
  if (unused === undefined) return false;
  return dimension === 'jobs' ? unused >= 1 : unused > LEAST_USD;
}
