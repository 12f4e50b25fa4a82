/** What a run may spend, and what it has spent. Types only, as `contract.ts`. */

/** How much a run may spend. Where either is reached, nothing more is submitted. */
export interface BudgetInput {
  /** Submits, of the whole run. */
  readonly jobs?: number;
  /** US dollars, by the prices of the endpoints. */
  readonly costUsd?: number;
}

/** A budget, and how much of it is used. */
export interface BudgetUse {
  /** Submits, but those that were refused for certain. */
  readonly jobs?: { readonly limit: number; readonly used: number };
  /** Cost of the jobs that have ended. `used` is absent where the cost of one is not known. */
  readonly costUsd?: { readonly limit: number; readonly used?: number };
}
