import {
  CancellationScope,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyLocalActivities,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { LOCAL_ACTIVITY_OPTIONS } from './activity-options.js';
import { acceptApprovals } from './approvals.js';
import {
  DEFINITION_MEMO,
  type PipelineInput,
  type PipelineResult,
  PROGRESS_QUERY,
  type Progress,
  WORKFLOW_TYPES,
} from './contract.js';
import { RESULT_MAX_BYTES } from './job-result.js';
import { NESTED_REPORT_SIGNAL, type NestedReport, type RunIdentity } from './nested-contract.js';
import { progressOf } from './pipeline-report.js';
import { PipelineRun } from './pipeline-run.js';
import type { SliceReport } from './pipeline-state.js';
import { unwrapFailure } from './read-failure.js';
import { scheduledTime } from './scheduled-time.js';
import { SLICE_REPORT_SIGNAL } from './slice-contract.js';

const { intake } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

/** Steps over jobs and values, in the order of their references. */
export async function pipeline(input: PipelineInput): Promise<PipelineResult> {
  let run: PipelineRun | undefined;
  let status: Progress['status'] = 'running';
  setHandler(
    defineQuery<Progress>(PROGRESS_QUERY),
    () => run?.progress(status) ?? progressOf(undefined, undefined, new Map(), status),
  );

  setHandler(defineSignal<[SliceReport]>(SLICE_REPORT_SIGNAL), (report) => run?.report(report));
  setHandler(defineSignal<[NestedReport]>(NESTED_REPORT_SIGNAL), (report) => run?.nestedReport(report));

  const approvals = acceptApprovals(() => run);

  try {
    const taken = await intake({ kind: 'pipeline', input });
    if (taken.definition !== undefined) upsertMemo({ [DEFINITION_MEMO]: taken.definition });
    run = new PipelineRun(taken, {
      type: WORKFLOW_TYPES.pipeline,
      identity: identity(),
      outputMaxBytes: RESULT_MAX_BYTES,
      approvals,
    });
    CancellationScope.current().cancelRequested.catch(() => {
      status = 'cancelling';
    });
    const result = await run.drive();
    status = 'completed';
    return result;
  } catch (error) {
    status = isCancellation(error) ? 'cancelled' : 'failed';
    throw unwrapFailure(error);
  }
}

function identity(): RunIdentity {
  const { workflowId, runId, startTime } = workflowInfo();
  return { workflowId, runId, startedAt: startTime.toISOString(), ...scheduledTime() };
}
