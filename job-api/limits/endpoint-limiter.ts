import { type Clock, systemClock } from '../clock.js';
import { type AcquireOptions, BudgetLimiter, type Permit } from './budget-limiter.js';
import { type LimitedOperation, purposeOf, type RateLimits } from './limits.js';
import type { SharedLimits } from './shared-limits.js';

/** Longer than this no request waits: what it would hold up meanwhile has better things to do. */
export const MAX_WAIT_MS = 1_000;
/** The part of a budget that scheduled reads use: a budget of its own needs room for other reads, a common one for all else. */
const OWN_BUDGET_PART = 0.8;
const COMMON_BUDGET_PART = 0.5;
/** Long polls beside which status reads still find a place. */
const LONG_POLL_PART = 0.7;

const HEALTH_EVERY_MS = 2_000;
/** One request in so many. */
const HEALTH_PART = 20;

export interface EndpointLimiterOptions {
  /** What messages and the shared store call it: `provider/endpointId`. */
  readonly name: string;
  readonly limits: RateLimits;
  /** The part of the limits that this process may use, over 0 and up to 1. Default 1. */
  readonly share?: number;
  readonly clock?: Clock;
  /** Where all processes that use the account count together. `share` then only holds where it does not answer. */
  readonly shared?: SharedLimits;
}

/** What the reads of waiting jobs may use. */
export interface ReadAllowance {
  readonly perSecond: number;
  readonly longPolls: number;
}

/**
 * Keeps what this process asks of one endpoint within the provider's limits: each operation within its budget, and after a
 * `Retry-After` all of them.
 *
 * @example
 * const limiter = new EndpointLimiter({ name: 'runpod/abc123', limits: DOCUMENTED_LIMITS.runpod });
 * const permit = await limiter.acquire('run');
 * try {
 *   await api.run('abc123', { input });
 * } finally {
 *   permit.release();
 * }
 */
export class EndpointLimiter {
  readonly #budgets = new Map<LimitedOperation, BudgetLimiter>();
  /** For what the documents say nothing of: it has no limit, and waits for a `Retry-After` with the others. */
  readonly #others: BudgetLimiter;
  readonly #clock: Clock;
  readonly #readsShareBudget: boolean;

  constructor({ name, limits, share = 1, clock = systemClock, shared }: EndpointLimiterOptions) {
    this.#clock = clock;
    for (const [key, budget] of Object.entries(limits.budgets)) {
      const limiter = new BudgetLimiter({ name: `${name} (${key})`, budget, share, clock, shared });
      for (const operation of budget.operations) this.#budgets.set(operation, limiter);
    }
    this.#others = new BudgetLimiter({ name, budget: { operations: [], windows: [] }, share, clock });
    const readBudget = Object.values(limits.budgets).find(({ operations }) => operations.includes('status'));
    this.#readsShareBudget = new Set(readBudget?.operations.map(purposeOf)).size > 1;
  }

  /**
   * A place for one request, which is to be released when its answer is there. Rejects with `HeldBack` where there is none
   * within a second, and with the signal's reason.
   */
  acquire(
    operation: LimitedOperation,
    { maxWaitMs = MAX_WAIT_MS, signal }: Partial<AcquireOptions> = {},
  ): Promise<Permit> {
    const budget = this.#budgets.get(operation) ?? this.#others;
    return budget.acquire(purposeOf(operation), { maxWaitMs, signal });
  }

  /**
   * The provider refused a request (429) that left at `sentAtMs`. Its budget is used more slowly for a while; where the
   * answer says how long to wait, nothing at all is asked of the endpoint until then.
   */
  refused(operation: LimitedOperation, sentAtMs: number, retryAfterMs?: number): void {
    (this.#budgets.get(operation) ?? this.#others).refused(sentAtMs, retryAfterMs);
    if (retryAfterMs === undefined) return;
    for (const budget of [...this.#budgets.values(), this.#others]) budget.hold(retryAfterMs);
  }

  /** Providers allow more where more workers run. */
  observeWorkers(running: number): void {
    for (const budget of this.#budgets.values()) budget.observeWorkers(running);
  }

  readAllowance(): ReadAllowance {
    const budget = this.#budgets.get('status') ?? this.#others;
    return {
      perSecond: budget.perSecond() * (this.#readsShareBudget ? COMMON_BUDGET_PART : OWN_BUDGET_PART),
      longPolls: Math.floor(budget.atOnce * LONG_POLL_PART),
    };
  }

  /** How often the endpoint's counters may be read without taking much of a budget: one request in twenty. */
  healthEveryMs(): number {
    const perSecond = (this.#budgets.get('health') ?? this.#others).perSecond();
    return Math.max(HEALTH_EVERY_MS, HEALTH_PART * (1_000 / perSecond));
  }

  now(): number {
    return this.#clock.now();
  }
}
