import type { Attempt, SettlingProgress } from '../contract.js';
import type { JobRecord } from './job-record.js';

const NONE: SettlingProgress = { done: 0, total: 0 };

/** Of the jobs that were under way when nobody wanted them any more: how many are, and how many have been settled. */
export function settlingIn(records: Iterable<JobRecord>): SettlingProgress {
  let [done, open] = [0, 0];
  for (const { attempts, underWay } of records) {
    done += attempts.filter(wasUnwanted).length;
    open += underWay.filter(({ phase }) => phase === 'settling').length;
  }
  return { done, total: done + open };
}

/** With its run, that is: a hedge that lost its race was unwanted by its own job alone. */
function wasUnwanted({ outcome, settled, superseded }: Attempt): boolean {
  return outcome === 'CANCELLED' && settled !== undefined && superseded === undefined;
}

export function totalSettling(parts: Iterable<SettlingProgress | undefined>): SettlingProgress {
  let sum = NONE;
  for (const { done, total } of [...parts].map((part) => part ?? NONE)) {
    sum = { done: sum.done + done, total: sum.total + total };
  }
  return sum;
}
