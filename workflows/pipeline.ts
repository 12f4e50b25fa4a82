import {
  CancellationScope,
  isCancellation,
  proxyLocalActivities,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { LOCAL_ACTIVITY_OPTIONS } from './activity-options.js';
import { wholeBudget } from './budget/signals.js';
import { DEFINITION_MEMO, type PipelineInput, type PipelineResult, WORKFLOW_TYPES } from './contract.js';
import { RESULT_MAX_BYTES } from './jobs/job-result.js';
import { unwrapFailure } from './jobs/read-failure.js';
import type { RunIdentity } from './nested-contract.js';
import { handlePipeline, type Standing } from './pipelines/pipeline-handlers.js';
import { PipelineRun } from './pipelines/pipeline-run.js';
import { scheduledTime } from './scheduled-time.js';

const { intake } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

/** Steps over jobs and values, in the order of their references. */
export async function pipeline(input: PipelineInput): Promise<PipelineResult> {
  const standing: Standing = { status: 'running' };
  const approvals = handlePipeline(standing);

  try {
    const taken = await intake({ kind: 'pipeline', input });
    if (taken.definition !== undefined) upsertMemo({ [DEFINITION_MEMO]: taken.definition });
    const budget = taken.plan.budget && wholeBudget(taken.plan.budget);
    if (budget !== undefined) standing.budget = budget;
    const run = new PipelineRun(taken, {
      type: WORKFLOW_TYPES.pipeline,
      input: input.input,
      identity: identity(),
      outputMaxBytes: RESULT_MAX_BYTES,
      approvals,
      ...(budget === undefined ? {} : { budget }),
    });
    standing.run = run;
    CancellationScope.current().cancelRequested.catch(() => {
      standing.status = 'cancelling';
    });
    const result = await run.drive();
    standing.status = 'completed';
    return result;
  } catch (error) {
    standing.status = isCancellation(error) ? 'cancelled' : 'failed';
    throw unwrapFailure(error);
  }
}

function identity(): RunIdentity {
  const { workflowId, runId, startTime } = workflowInfo();
  return { workflowId, runId, startedAt: startTime.toISOString(), ...scheduledTime() };
}
