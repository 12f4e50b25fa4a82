import {
  ApplicationFailure,
  CancelledFailure,
  defineQuery,
  isCancellation,
  proxyLocalActivities,
  setHandler,
  upsertMemo,
} from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { LOCAL_ACTIVITY_OPTIONS } from './activity-options.js';
import {
  type JobFailureDetails,
  type JobInput,
  type JobResult,
  PROGRESS_QUERY,
  type Progress,
  SETTLEMENT_MEMO,
  type StepStatus,
  WORKFLOW_TYPES,
} from './contract.js';
import { followJob, type JobEnd } from './follow-job.js';
import { JobRecord, settlementOf, unsettledHandles } from './job-record.js';
import { unwrapFailure } from './read-failure.js';
import { setSearchAttributes } from './search-attributes.js';

const { intake } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

/** An output whose JSON is longer becomes an artifact; callers want values, so a final result may be larger than a step's. */
export const RESULT_MAX_BYTES = 256 * 1024;

/** One remote job, followed to its end. */
export async function job(input: JobInput): Promise<JobResult> {
  const record = new JobRecord();
  let status: Progress['status'] = 'running';
  setHandler(defineQuery<Progress>(PROGRESS_QUERY), () => progressOf(status, record));

  try {
    const { plan, searchAttributes } = await intake({ kind: 'job', input });
    setSearchAttributes(
      {
        JobRelayRun: WORKFLOW_TYPES.job,
        JobRelayEndpoint: [...new Set(plan.settings.targets.map(({ endpoint }) => endpoint))],
      },
      searchAttributes,
    );
    const end = await followJob(plan.settings, plan.input, { id: 'job', inlineMaxBytes: RESULT_MAX_BYTES, record });
    if (unsettledHandles([record]).length > 0) setSearchAttributes({ JobRelayUnsettled: true }, searchAttributes);
    if (end.kind === 'cancelled') upsertMemo({ [SETTLEMENT_MEMO]: settlementOf([record]) });
    status = end.kind;
    return resultOf(end, record);
  } catch (error) {
    status = isCancellation(error) ? 'cancelled' : 'failed';
    throw unwrapFailure(error);
  }
}

function resultOf(end: JobEnd, record: JobRecord): JobResult {
  const common = {
    attempts: record.attempts,
    usage: record.usage,
    suspectedDuplicates: record.suspectedDuplicates,
  };
  switch (end.kind) {
    case 'completed': {
      const { output, delayTimeMs, executionTimeMs } = end.job;
      return {
        status: 'COMPLETED',
        endpoint: end.target.endpoint,
        jobId: end.handle.jobId,
        output,
        ...(delayTimeMs === undefined ? {} : { delayTimeMs }),
        ...(executionTimeMs === undefined ? {} : { executionTimeMs }),
        ...common,
      };
    }
    case 'failed':
      throw ApplicationFailure.nonRetryable(end.message, end.type, failureDetails(end, record));
    case 'cancelled':
      throw new CancelledFailure('the run was cancelled and its jobs were settled');
  }
}

/** What a failed job tells beside its message. */
export function failureDetails(end: Extract<JobEnd, { kind: 'failed' }>, record: JobRecord): JobFailureDetails {
  const last = record.attempts.at(-1);
  return {
    status: end.type,
    endpoint: last?.endpoint ?? '',
    attempts: record.attempts,
    usage: record.usage,
    suspectedDuplicates: record.suspectedDuplicates,
    ...(last?.jobId === undefined ? {} : { jobId: last.jobId }),
    ...(last?.delayTimeMs === undefined ? {} : { delayTimeMs: last.delayTimeMs }),
    ...(last?.executionTimeMs === undefined ? {} : { executionTimeMs: last.executionTimeMs }),
    ...(end.error === undefined ? {} : { error: end.error }),
  };
}

function progressOf(status: Progress['status'], record: JobRecord): Progress {
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
  };
}
