import { isCancellation } from '@temporalio/workflow';
import { describeUse } from '../budget/describe-use.js';
import type { RunBudget } from '../budget/run-budget.js';
import type { JobEnd } from './job-end.js';
import type { Submitted } from './submit-job.js';

export type Failed = Extract<JobEnd, { kind: 'failed' }>;

/**
 * Submits a job if the budget of the run has room for it, and waits for room where the budget is shared.
 *
 * @param taken room that was taken for it already
 */
export async function submitWithin(
  budget: RunBudget,
  taken: boolean,
  submit: () => Promise<Submitted>,
): Promise<Submitted> {
  try {
    if (!taken && !(await budget.take())) return exceeded(budget);
  } catch (error) {
    if (isCancellation(error)) return { kind: 'cancelled' };
    throw error;
  }
  const submitted = await submit();
  if (!mayHaveMadeJob(submitted)) budget.giveBack();
  return submitted;
}

function mayHaveMadeJob(submitted: Submitted): boolean {
  switch (submitted.kind) {
    case 'accepted':
      return true;
    case 'failed':
      return submitted.type === 'SubmitAmbiguous';
    case 'cancelled':
      return submitted.suspected === true;
  }
}

function exceeded({ use }: RunBudget): Failed {
  return {
    kind: 'failed',
    type: 'BudgetExceeded',
    message: `the budget of the run is used up: ${describeUse(use)}`,
    budget: use,
  };
}

/** What a job ends with that could not be tried again, with what it had failed with. */
export function afterFailure(end: Failed, before: Failed | undefined): Failed {
  if (end.type !== 'BudgetExceeded' || before === undefined) return end;
  return { ...end, message: `${end.message}; the job had failed with ${before.type}: ${before.message}` };
}
