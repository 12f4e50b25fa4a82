import { CancellationScope } from '@temporalio/workflow';
import type { CancelJobRequest, CancelJobResult } from '../../activities/contract.js';
import { CANCEL_BUDGET_MS } from '../activity-options.js';
import { runActivity } from '../run-activity.js';
import { describeJob } from './attempt.js';

/** Brings a job that is no longer wanted to a known end, whatever is cancelled around it. */
export async function settleJob(
  request: Omit<CancelJobRequest, 'budgetMs'>,
  activityId: string,
): Promise<CancelJobResult> {
  try {
    return await CancellationScope.nonCancellable(() =>
      runActivity(
        'cancelJob',
        { ...request, budgetMs: CANCEL_BUDGET_MS },
        { activityId, summary: `settle ${describeJob(request.handle)}` },
      ),
    );
  } catch {
    // Six attempts failed for reasons of our own. The handle is named as not settled rather than forgotten.
    return { outcome: 'unconfirmed' };
  }
}
