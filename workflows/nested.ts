import {
  ApplicationFailure,
  CancellationScope,
  defineQuery,
  defineSignal,
  isCancellation,
  proxyLocalActivities,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { LOCAL_ACTIVITY_OPTIONS } from './activity-options.js';
import { acceptApprovals } from './approvals.js';
import { DEFINITION_MEMO, PROGRESS_QUERY, type Progress, type StepFailedDetails, WORKFLOW_TYPES } from './contract.js';
import {
  NESTED_REPORT_SIGNAL,
  type NestedFailure,
  type NestedInput,
  type NestedReport,
  type NestedResult,
} from './nested-contract.js';
import { NestedReporter } from './nested-reporter.js';
import { countsOf, progressOf } from './pipeline-report.js';
import { PipelineRun } from './pipeline-run.js';
import type { SliceReport } from './pipeline-state.js';
import { unwrapFailure } from './read-failure.js';
import { SLICE_REPORT_SIGNAL } from './slice-contract.js';

const { intake } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

/** A pipeline that is a step of another, or an item of such a step: the same steps, with a result for the one around it. */
export async function nested(input: NestedInput): Promise<NestedResult> {
  const { settings, run: identity, outputMaxBytes } = input;
  const reporter = new NestedReporter();
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
    const taken = await intake({ kind: 'nested', settings, input: input.input });
    if (taken.definition !== undefined) upsertMemo({ [DEFINITION_MEMO]: taken.definition });
    const driven = new PipelineRun(taken, {
      type: WORKFLOW_TYPES.nested,
      identity,
      outputMaxBytes,
      approvals,
      onChange: () => {
        if (input.reports) reporter.offer(countsOf(driven.progress(status)));
      },
    });
    run = driven;
    CancellationScope.current().cancelRequested.catch(() => {
      status = 'cancelling';
    });
    const { output } = await driven.drive();
    status = 'completed';
    await reporter.settled();
    return { output, counts: countsOf(driven.progress(status)), settlement: driven.settlement('unconfirmed') };
  } catch (error) {
    status = isCancellation(error) ? 'cancelled' : 'failed';
    await reporter.settled();
    if (run === undefined) throw unwrapFailure(error);
    const counts = countsOf(run.progress(status));
    if (isCancellation(error)) {
      // A cancelled workflow has no result, and whoever cancelled it has to know what became of its jobs.
      await reporter.tell({ counts, settlement: run.settlement('all') });
      throw error;
    }
    throw told(error, { counts, settlement: run.settlement('unconfirmed') });
  }
}

/** The failure with what the one around it needs, and no more: its summaries of steps stay with this run. */
function told(error: unknown, more: Pick<NestedFailure, 'counts' | 'settlement'>): unknown {
  const failure = unwrapFailure(error);
  if (!(failure instanceof ApplicationFailure)) return failure;
  const [details] = (failure.details ?? []) as readonly StepFailedDetails[];
  const { step, index, cause } = details ?? {};
  return ApplicationFailure.nonRetryable(failure.message, failure.type ?? undefined, {
    ...(step !== undefined && { step }),
    ...(index !== undefined && { index }),
    ...(cause !== undefined && { cause }),
    ...more,
  } satisfies NestedFailure);
}
