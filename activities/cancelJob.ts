import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { CancelJobRequest, CancelJobResult } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { endDetails, finishJob } from './finish-job.js';
import { withHeartbeats } from './heartbeats.js';
import { type Settled, settle } from './settle.js';

/**
 * Settles a job that is no longer wanted: reads, cancels, and watches it to its end within a budget that counts from the
 * scheduling, so that an attempt after an outage does not start it anew. Never fails because of the provider: a job that
 * could not be seen to end is `unconfirmed`.
 */
export async function cancelJob(request: CancelJobRequest, deps: ActivityDeps): Promise<CancelJobResult> {
  const context = Context.current();
  const { handle, endpoint, budgetMs } = request;
  // At least a second, however late this attempt comes.
  const deadline = Math.max(activityInfo().scheduledTimestampMs + budgetMs, Date.now() + 1_000);
  // No signal: whatever ends this attempt, the job is unwanted, and each further step towards its end is right. The
  // heartbeats do not wait for its steps: a provider that lets a request hang takes as long as a heartbeat may.
  const settled = await withHeartbeats(undefined, () => settle(deps.jobApi(handle.provider), handle, { deadline }));
  context.log.info('settled a job', { jobId: handle.jobId, endpoint, outcome: settled.outcome });

  const { delayTimeMs, executionTimeMs, estimatedCostUsd } = endDetails(
    handle,
    endpoint,
    deps.config,
    settled.job,
    true,
  );
  const completed = await keepResult(settled, request, deps);
  return {
    outcome: settled.outcome,
    ...(completed === undefined ? {} : { completed }),
    ...(delayTimeMs === undefined ? {} : { delayTimeMs }),
    ...(executionTimeMs === undefined ? {} : { executionTimeMs }),
    ...(estimatedCostUsd === undefined ? {} : { estimatedCostUsd }),
  };
}

async function keepResult(settled: Settled, request: CancelJobRequest, deps: ActivityDeps) {
  if (settled.outcome !== 'finished-first' || settled.job?.status !== 'COMPLETED') return undefined;
  try {
    return await finishJob(settled.job, request, deps);
  } catch (error) {
    // A result that fails its schema is no result; the job is settled all the same.
    if (error instanceof ApplicationFailure && error.nonRetryable) return undefined;
    throw error;
  }
}
