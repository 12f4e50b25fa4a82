import type { BudgetUse } from '../budget-contract.js';

/** `20 of 20 jobs submitted, $1.2000 of $5 spent` */
export function describeUse({ jobs, costUsd }: BudgetUse): string {
  const spent = costUsd?.used === undefined ? 'an unknown part' : `about $${costUsd.used.toFixed(4)}`;
  return [
    ...(jobs === undefined ? [] : [`${jobs.used} of ${jobs.limit} jobs submitted`]),
    ...(costUsd === undefined ? [] : [`${spent} of $${costUsd.limit} spent`]),
  ].join(', ');
}
