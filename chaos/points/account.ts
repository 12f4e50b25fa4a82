/** What became of the submits whose workers were killed at the crash points. Pure. */
import { type Account, accountFor } from '../accounting/account.js';
import type { Evidence } from '../accounting/evidence.js';
import { CRASH_POINTS, POINT_PREFIX } from './points.js';

export interface PointReport {
  readonly name: string;
  readonly about: string;
  /** Workers that were killed there. */
  readonly kills: number;
  readonly account: Account;
  readonly suspectedDuplicates: number;
  /** Jobs that the provider accepted. */
  readonly jobs: number;
}

export function accountForPoints({ jobs, runs, takenAt }: Evidence): readonly PointReport[] {
  return CRASH_POINTS.map(({ name, about }) => {
    const isOfPoint = ({ run }: { readonly run: string }) => new RegExp(`^${POINT_PREFIX}-${name}-\\d+$`).test(run);
    const own = { jobs: jobs.filter(isOfPoint), runs: runs.filter(isOfPoint), takenAt };
    return {
      ...{ name, about, kills: own.runs.length, account: accountFor(own), jobs: own.jobs.length },
      suspectedDuplicates: own.runs.reduce((sum, { suspectedDuplicates }) => sum + suspectedDuplicates, 0),
    };
  });
}
