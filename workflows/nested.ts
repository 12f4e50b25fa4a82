import {
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyLocalActivities,
  upsertMemo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { LOCAL_ACTIVITY_OPTIONS } from './activity-options.js';
import { partOfBudget } from './budget/signals.js';
import { DEFINITION_MEMO, type StepFailedDetails, WORKFLOW_TYPES } from './contract.js';
import { unwrapFailure } from './jobs/read-failure.js';
import type { NestedFailure, NestedInput, NestedReport, NestedResult } from './nested-contract.js';
import { NestedReporter } from './pipelines/nested-reporter.js';
import { handlePipeline, type Standing } from './pipelines/pipeline-handlers.js';
import { countsOf } from './pipelines/pipeline-report.js';
import { PipelineRun } from './pipelines/pipeline-run.js';

const { intake } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

/** A pipeline that is a step of another, or an item of such a step: the same steps, with a result for the one around it. */
export async function nested(input: NestedInput): Promise<NestedResult> {
  const { settings, run: identity, outputMaxBytes } = input;
  const reporter = new NestedReporter(input);
  const budget = input.budget && partOfBudget(input.budget);
  const standing: Standing = { status: 'running', ...(budget === undefined ? {} : { budget }) };
  const spent = () => (budget === undefined ? {} : { spent: budget.spent });
  const approvals = handlePipeline(standing);
  const told = (driven: PipelineRun): Pick<NestedReport, 'counts' | 'settling'> => {
    const progress = driven.progress(standing.status);
    const isAsked = input.reportsSettling !== undefined && standing.status.startsWith('cancel');
    return { counts: countsOf(progress), ...(isAsked && progress.settling && { settling: progress.settling }) };
  };

  try {
    const taken = await intake({
      kind: 'nested',
      settings,
      input: input.input,
      ...(input.tenant === undefined ? {} : { tenant: input.tenant }),
    });
    if (taken.definition !== undefined) upsertMemo({ [DEFINITION_MEMO]: taken.definition });
    const driven = new PipelineRun(taken, {
      type: WORKFLOW_TYPES.nested,
      input: input.input,
      identity,
      outputMaxBytes,
      approvals,
      ...(budget === undefined ? {} : { budget }),
      onChange: () => {
        if (input.reports || input.reportsSettling !== undefined) reporter.offer(told(driven));
      },
      // A report is a command: runs that were started before there were such have none.
      onSettling: () => {
        if (input.reportsSettling !== undefined && standing.status === 'cancelling') {
          reporter.offerSoon(() => told(driven));
        }
      },
    });
    standing.run = driven;
    CancellationScope.current().cancelRequested.catch(() => {
      standing.status = 'cancelling';
    });
    const { output } = await driven.drive();
    standing.status = 'completed';
    await reporter.settled();
    const counts = countsOf(driven.progress(standing.status));
    return { output, counts, settlement: driven.settlement('unconfirmed'), ...spent() };
  } catch (error) {
    standing.status = isCancellation(error) ? 'cancelled' : 'failed';
    await reporter.settled();
    const { run } = standing;
    if (run === undefined) throw unwrapFailure(error);
    const counts = countsOf(run.progress(standing.status));
    if (isCancellation(error)) {
      // A cancelled workflow has no result, and whoever cancelled it has to know what became of its jobs.
      await reporter.tell({ ...told(run), settlement: run.settlement('all'), ...spent() });
      throw error;
    }
    throw failureOf(error, { counts, settlement: run.settlement('unconfirmed'), ...spent() });
  }
}

/** The failure with what the one around it needs, and no more: its summaries of steps stay with this run. */
function failureOf(error: unknown, more: Pick<NestedFailure, 'counts' | 'settlement' | 'spent'>): unknown {
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
