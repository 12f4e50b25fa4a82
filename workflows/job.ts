import {
  CancellationScope,
  defineQuery,
  setCurrentDetails,
  setHandler,
  upsertMemo,
  workflowInfo,
} from '@temporalio/workflow';
import type { RunBudget } from './budget/run-budget.js';
import {
  type JobInput,
  type JobResult,
  PROGRESS_QUERY,
  type Progress,
  SETTLEMENT_MEMO,
  type SearchAttributeName,
  type StepStatus,
  USAGE_MEMO,
  WORKFLOW_TYPES,
} from './contract.js';
import { JobRecord, settlementOf, unsettledHandles } from './jobs/job-record.js';
import { RESULT_MAX_BYTES } from './jobs/job-result.js';
import { resultOrThrow, runJob } from './jobs/run-job.js';
import { jobDetails, withBudget } from './pipelines/current-details.js';
import { setSearchAttributes } from './search-attributes.js';

/** One remote job, followed to its end. */
export async function job(input: JobInput): Promise<JobResult> {
  let status: Progress['status'] = 'running';
  const startMs = workflowInfo().startTime.getTime();
  let budget: RunBudget | undefined;
  const show = () => {
    const details = jobDetails(status, record, { startMs, nowMs: Date.now() });
    setCurrentDetails(withBudget(details, budget?.use));
  };
  const record = new JobRecord(show);
  setHandler(defineQuery<Progress>(PROGRESS_QUERY), () => progressOf(status, record, budget));

  CancellationScope.current().cancelRequested.catch(() => {
    status = 'cancelling';
    show();
  });

  let hasTenant = false;
  let registered: readonly SearchAttributeName[] = [];
  const outcome = await runJob(input, {
    id: 'job',
    inlineMaxBytes: RESULT_MAX_BYTES,
    record,
    onTaken({ plan, searchAttributes }, ofRun) {
      budget = ofRun;
      registered = searchAttributes;
      hasTenant = plan.tenant !== undefined;
      const endpoints = plan.settings.targets.map(({ endpoint }) => endpoint);
      const { tenant } = plan;
      setSearchAttributes(
        {
          JobRelayRun: WORKFLOW_TYPES.job,
          JobRelayEndpoint: [...new Set(endpoints)],
          ...(tenant === undefined ? {} : { JobRelayTenant: tenant }),
        },
        searchAttributes,
      );
    },
  });
  if (unsettledHandles([record]).length > 0) setSearchAttributes({ JobRelayUnsettled: true }, registered);
  if (hasTenant) upsertMemo({ [USAGE_MEMO]: record.usage });
  if (outcome.kind === 'cancelled') upsertMemo({ [SETTLEMENT_MEMO]: settlementOf([record]) });
  status = outcome.kind;
  show();
  return resultOrThrow(outcome);
}

function progressOf(status: Progress['status'], record: JobRecord, budget: RunBudget | undefined): Progress {
  const step: Record<Progress['status'], StepStatus> = {
    running: 'running',
    cancelling: 'running',
    completed: 'completed',
    failed: 'failed',
    cancelled: 'cancelled',
  };
  const count = (ended: Progress['status']) => (status === ended ? 1 : 0);
  return {
    status,
    steps: { job: { status: step[status], done: count('completed'), total: 1, failed: count('failed') } },
    usage: record.usage,
    ...(budget === undefined ? {} : { budget: budget.use }),
  };
}
