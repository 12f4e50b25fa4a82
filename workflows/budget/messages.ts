/** What a workflow and those within it say to each other of the budget that they share. Types and names only. */
import type { BudgetInput, BudgetUse } from '../budget-contract.js';
import type { Allowance, Spent } from './account.js';

/** What a workflow is started with that shares the budget of the one around it. */
export interface BudgetPart {
  /** Of the whole run. */
  readonly whole: BudgetInput;
  readonly granted: Allowance;
}

/** To the workflow around. Its argument is a {@link BudgetTold}. */
export const BUDGET_TOLD_SIGNAL = 'budgetTold';
/** To a workflow within. Its argument is a {@link BudgetGranted}. */
export const BUDGET_GRANTED_SIGNAL = 'budgetGranted';

/** All sums are those since its start, so that a message that comes twice, as after a reset, changes nothing. */
export interface BudgetTold {
  /** Of who tells it. */
  readonly workflowId: string;
  readonly spent: Spent;
  readonly returned: Allowance;
  /** Submits that wait. */
  readonly need: number;
  /** Number of the last recall that it has followed. */
  readonly recalls: number;
}

export interface BudgetGranted {
  readonly granted: Allowance;
  /** How often it was asked to give back what it does not need. */
  readonly recalls: number;
  /** Nothing is granted any more, to anyone. */
  readonly usedUp?: BudgetUse;
}
