import type { Purpose, RateBudget, RateWindow } from './limits.js';

/** A request that wants to be counted where all processes count. */
export interface SharedRequest {
  /** The budget, as all processes call it. */
  readonly budget: string;
  readonly purpose: Purpose;
  /** With what this process thinks it may use of each. */
  readonly windows: readonly RateWindow[];
  readonly reserved?: RateBudget['reserved'];
}

/** What processes that use one account count together. Never rejects: a store that is down must stop nobody's work. */
export interface SharedLimits {
  /**
   * Counts a request if there is room for it.
   *
   * @returns 0 if it was counted, else for how long there will be no room, ms; undefined where the store does not answer
   */
  take(request: SharedRequest): Promise<number | undefined>;
  /** Nobody asks anything of the budget for so long. */
  hold(budget: string, forMs: number): Promise<void>;
  close(): Promise<void>;
}
