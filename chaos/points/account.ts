/** What became of the submits whose workers were killed at the crash points. Pure. */
import { type Account, accountFor } from '../accounting/account.js';
import type { Evidence } from '../accounting/evidence.js';
import { CRASH_POINTS, POINT_PREFIX } from './points.js';

export interface PointReport {
  readonly name: string;
  readonly about: string;
  /** Workers that were killed there. */
  readonly kills: number;
  /** Of all runs that were begun for the point, also of those that made its endpoint known as quick. */
  readonly account: Account;
  readonly suspectedDuplicates: number;
  /** Jobs that the provider accepted, of the same runs. */
  readonly jobs: number;
}

/** @param killed the runs whose workers were killed at their points */
export function accountForPoints(
  { jobs, runs, takenAt }: Evidence,
  killed: ReadonlySet<string>,
): readonly PointReport[] {
  return CRASH_POINTS.map(({ name, about }) => {
    const isOfPoint = ({ run }: { readonly run: string }) => run.startsWith(`${POINT_PREFIX}-${name}-`);
    const own = { jobs: jobs.filter(isOfPoint), runs: runs.filter(isOfPoint), takenAt };
    return {
      ...{ name, about, account: accountFor(own), jobs: own.jobs.length },
      kills: own.runs.filter(({ run }) => killed.has(run)).length,
      suspectedDuplicates: own.runs.reduce((sum, { suspectedDuplicates }) => sum + suspectedDuplicates, 0),
    };
  });
}
