import type { Context } from '@temporalio/activity';
import type { JobHandle } from '../job-api/job.js';
import type { ReapOutcome } from '../workflows/reap-contract.js';
import { countOne } from './metrics.js';

export interface SettledJob {
  readonly handle: JobHandle;
  /** What made it unwanted: `cancelled`, `superseded`, the type of the failure that ended it for its run, or how the run lost it. */
  readonly why: string;
  readonly outcome: ReapOutcome;
  /** When it was first tried, epoch milliseconds. */
  readonly since: number;
  /** Requests to cancel that were sent. */
  readonly cancels: number;
  /** The run that had it, where this activity is of another. */
  readonly run?: string;
}

/** Counts a job that nobody wanted any more, and tells in one line what became of it: a warning, where it may still run. */
export function reportSettled(context: Pick<Context, 'log' | 'metricMeter'>, settled: SettledJob): void {
  const { handle, why, outcome, since, cancels, run } = settled;
  const { jobId, provider, endpointId } = handle;
  const endpoint = `${provider}/${endpointId}`;
  countOne(context, 'settled', endpoint, outcome);
  const stillRuns = outcome === 'unconfirmed' || outcome === 'running';
  context.log[stillRuns ? 'warn' : 'info'](stillRuns ? 'could not see a job end' : 'settled a job', {
    jobId,
    endpoint,
    why,
    outcome,
    cancels,
    ms: Date.now() - since,
    ...(run !== undefined && { run }),
  });
}
