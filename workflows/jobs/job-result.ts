import { ApplicationFailure } from '@temporalio/common';
import type { JobFailureDetails, JobResult } from '../contract.js';
import type { JobEnd } from './job-end.js';
import type { JobRecord } from './job-record.js';

/** An output whose JSON is longer becomes an artifact; callers want values, so a final result may be larger than a step's. */
export const RESULT_MAX_BYTES = 256 * 1024;

/** What a completed job tells. */
export function resultOf(
  { target, handle, job }: Extract<JobEnd, { kind: 'completed' }>,
  record: JobRecord,
): JobResult {
  const { output, delayTimeMs, executionTimeMs, stream } = job;
  return {
    status: 'COMPLETED',
    endpoint: target.endpoint,
    jobId: handle.jobId,
    output,
    ...(delayTimeMs === undefined ? {} : { delayTimeMs }),
    ...(executionTimeMs === undefined ? {} : { executionTimeMs }),
    attempts: record.attempts,
    usage: record.usage,
    suspectedDuplicates: record.suspectedDuplicates,
    ...(stream === undefined ? {} : { stream: { chunks: stream.chunks, complete: stream.complete } }),
  };
}

/** What a failed job is thrown as. */
export function failureOf(end: Extract<JobEnd, { kind: 'failed' }>, record: JobRecord): ApplicationFailure {
  return ApplicationFailure.nonRetryable(end.message, end.type, failureDetails(end, record));
}

/** What a failed job tells beside its message. */
export function failureDetails(end: Extract<JobEnd, { kind: 'failed' }>, record: JobRecord): JobFailureDetails {
  // Of attempts that were under way at once, the one whose failure it is.
  const last = record.attempts.findLast(({ outcome }) => outcome === end.type) ?? record.attempts.at(-1);
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
    ...(end.budget === undefined ? {} : { budget: end.budget }),
  };
}
