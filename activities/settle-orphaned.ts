import { type Context, getClient } from '@temporalio/activity';
import type { JobHandle } from '../job-api/job.js';
import type { ActivityDeps } from './deps.js';
import { describeOwnRun } from './own-run.js';
import { reportSettled } from './report-settled.js';
import { settle } from './settle.js';

const ORPHAN_BUDGET_MS = 30_000;

/** The rule for NOT_FOUND: see {@link describeOwnRun}. */
export async function settleIfOrphaned(
  handle: JobHandle,
  deps: ActivityDeps,
  context: Context,
  { mayBeLeft = false }: { readonly mayBeLeft?: boolean } = {},
): Promise<void> {
  const { workflowExecution: run, activityId } = context.info;
  if (run === undefined) return;
  const own = await describeOwnRun(getClient(), run, activityId, 'waits');
  if (own !== 'orphaned') {
    // Rare, and a sign of trouble where nobody reset anything: a worker that was frozen. But a run leaves a wait by itself
    // where a webhook came to another process.
    context.log[mayBeLeft ? 'info' : 'warn']('left a job to its run', { jobId: handle.jobId, run: own });
    return;
  }
  const since = Date.now();
  const settled = await settle(deps.jobApi(handle.provider), handle, { deadline: since + ORPHAN_BUDGET_MS });
  reportSettled(context, { handle, ...settled, since, why: 'the run ended without settling its job' });
}
