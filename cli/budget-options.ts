import { type Command, InvalidArgumentError } from 'commander';
import type { BudgetInput } from '../workflows/contract.js';

/** See {@link addBudgetOptions}. */
export interface BudgetOptions {
  readonly budgetJobs?: number;
  readonly budgetCost?: number;
}

/** What a run may spend at most, wherever one is asked for. */
export function addBudgetOptions(command: Command): Command {
  return command
    .option(
      '--budget-jobs <n>',
      'submit at most so many jobs, all attempts of the whole run together (default: no limit)',
      jobs,
    )
    .option(
      '--budget-cost <usd>',
      'submit nothing more once ended jobs have cost so much, by the prices in jobrelay.yaml (default: no limit)',
      dollars,
    );
}

/** Absent where neither was given, for what the definition says. */
export function budgetOf({ budgetJobs: jobs, budgetCost: costUsd }: BudgetOptions): { readonly budget?: BudgetInput } {
  if (jobs === undefined && costUsd === undefined) return {};
  return { budget: { ...(jobs !== undefined && { jobs }), ...(costUsd !== undefined && { costUsd }) } };
}

function jobs(value: string): number {
  if (/^[1-9]\d{0,6}$/.test(value)) return Number(value);
  throw new InvalidArgumentError('give a number of jobs, from 1 on');
}

function dollars(value: string): number {
  const number = /^\$?(\d+(\.\d+)?|\.\d+)$/.test(value) ? Number(value.replace('$', '')) : 0;
  if (number > 0) return number;
  throw new InvalidArgumentError('give US dollars, more than 0, such as 2.50');
}
