import { ApplicationFailure } from '@temporalio/workflow';
import type { FailureType, JobInput, JobResult } from './contract.js';
import { RESULT_MAX_BYTES } from './jobs/job-result.js';
import { maySucceedElsewhere } from './jobs/next-try.js';
import { type JobOutcome, resultOrThrow, runJob } from './jobs/run-job.js';
import { currentLedger, type LedgerEntry } from './jobs/run-ledger.js';

/** How a job is run from a workflow of one's own. */
export interface ExecuteJobOptions {
  /**
   * Begins the ids of the job's activities, so that people find it in the Temporal UI; unique in the run.
   * Default: `job-1`, `job-2`, … in the order of the calls.
   */
  readonly id?: string;
  /** An output whose JSON is longer becomes an artifact. Default and most: 262,144. */
  readonly inlineMaxBytes?: number;
}

/**
 * Runs one remote job from a workflow of your own, as the workflow `job` does: same input, same result, same failures.
 * Its activities run on the queues of the worker that runs the workflow, which has them from `jobRelayPlugin`.
 *
 * @throws {ApplicationFailure} whose `type` is a {@link FailureType} and whose first detail is a `JobFailureDetails`;
 * where the input is wrong, `{problems}`.
 * @throws {CancelledFailure} where the surrounding scope was cancelled: by then the remote job has been settled.
 * @example
 * export async function caption(image: string): Promise<string> {
 *   const { output } = await executeJob({ endpoint: 'captioner', input: { image } });
 *   return (output as { text: string }).text;
 * }
 */
export async function executeJob(input: JobInput, options: ExecuteJobOptions = {}): Promise<JobResult> {
  return await withFailover([input], options);
}

/**
 * Tries jobs that do the same work in different places, in their order, and returns the result of the first that
 * completes. Unlike a list of endpoints in one job, each has an input of its own, as its provider wants it.
 *
 * The next is tried where a job failed for reasons of its endpoint, the platform or the queue, after the job's own budgets
 * were used, and where its provider took no submit for 30 s. A handler that failed, a wrong input, a run or total limit
 * and a submit whose fate is not known end it. `attempts` and `usage` of the result, or of the failure, are those of all.
 *
 * @throws as {@link executeJob}, for the last job tried.
 * @example
 * const { output } = await withFailover([
 *   { endpoint: 'runpod/abc123', input: { audio: url }, timeouts: { queue: '2m' } },
 *   { endpoint: 'studio/transcribe', input: { file_url: url, model: 'large' } },
 * ]);
 */
export async function withFailover(inputs: readonly JobInput[], options: ExecuteJobOptions = {}): Promise<JobResult> {
  if (!Array.isArray(inputs) || inputs.length === 0) throw invalid('withFailover was given no job to try');
  const inlineMaxBytes = checkedInlineMaxBytes(options.inlineMaxBytes ?? RESULT_MAX_BYTES);
  const ledger = currentLedger();
  return resultOrThrow(await runInTurn(inputs, ledger.open(ledger.nameFor(options.id, 'job')), inlineMaxBytes));
}

/** One entry of the run's ledger, from its first job to its last. */
export async function runInTurn(
  inputs: readonly JobInput[],
  { id, record }: LedgerEntry,
  inlineMaxBytes: number,
): Promise<JobOutcome> {
  const ledger = currentLedger();
  const options = {
    id,
    record,
    inlineMaxBytes,
    hasSubstitute: inputs.length > 1,
    onTaken: (intake: Parameters<typeof ledger.taken>[0]) => ledger.taken(intake),
  };
  let outcome: JobOutcome = { kind: 'cancelled' };
  for (const [index, input] of inputs.entries()) {
    outcome = await runJob(input, { ...options, hasNext: index + 1 < inputs.length });
    if (outcome.kind !== 'failed' || !maySucceedElsewhere(typeOf(outcome.failure))) break;
  }
  ledger.close(outcome);
  return outcome;
}

/** A wrong argument fails the run: as a plain error it would fail the workflow task, over and over. */
export function invalid(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'InvalidRequest');
}

/** @throws {ApplicationFailure} `InvalidRequest` */
export function checkedInlineMaxBytes(bytes: number): number {
  if (Number.isInteger(bytes) && bytes >= 0 && bytes <= RESULT_MAX_BYTES) return bytes;
  throw invalid(`inlineMaxBytes is ${bytes}; it must be a whole number from 0 to ${RESULT_MAX_BYTES}`);
}

/** The `type` of a failure; `Unavailable` where no activity of ours got to say one. */
export function typeOf(failure: Error): FailureType {
  return (failure instanceof ApplicationFailure && failure.type ? failure.type : 'Unavailable') as FailureType;
}
