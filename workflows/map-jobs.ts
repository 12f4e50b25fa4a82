import { ApplicationFailure } from '@temporalio/common';
import { CancellationScope, CancelledFailure, patched } from '@temporalio/workflow';
import type { JobFailureDetails, JobInput, JobResult, StepFailedDetails } from './contract.js';
import { checkedInlineMaxBytes, type ExecuteJobOptions, invalid, runInTurn, typeOf } from './execute-job.js';
import { unsettledHandles } from './jobs/job-record.js';
import type { JobOutcome } from './jobs/run-job.js';
import { currentLedger, type LedgerEntry } from './jobs/run-ledger.js';
import { totalUsage } from './jobs/usage.js';
import { now } from './run-time.js';
import { wholeShare } from './share.js';

export interface MapJobsOptions {
  /** Names the jobs, as `<id>[<index>]`, and what fails; unique in the run. Default: `map-1`, … in the order of the calls. */
  readonly id?: string;
  /** Jobs under way at once. Default: 10. */
  readonly concurrency?: number;
  /** Jobs that may fail: a count, or a share of the items such as `"5%"`. Default: 0. */
  readonly tolerate?: number | `${number}%`;
  /** An output whose JSON is longer becomes an artifact. Default: 8,192, as in a `forEach`; at most 262,144. */
  readonly inlineMaxBytes?: ExecuteJobOptions['inlineMaxBytes'];
}

/** What became of one item. */
export type MappedJob =
  | { readonly status: 'completed'; readonly result: JobResult }
  | { readonly status: 'failed'; readonly error: StepFailedDetails['cause'] };

const DEFAULT_CONCURRENCY = 10;
/** There may be hundreds in one history. */
const ITEM_MAX_BYTES = 8 * 1024;

/**
 * Runs a job for each item, a bounded number at once, and returns what became of each, in the order of the items.
 *
 * Where more fail than are tolerated, nothing more is started, the jobs under way are settled, and it throws. A job takes
 * 12 to 14 events of the run's history: for more than a few hundred items, start children of your workflow for parts of
 * them, or a pipeline with a `forEach`.
 *
 * @param toInput is called for all items before anything starts.
 * @throws {ApplicationFailure} `StepFailed`, whose first detail is a `StepFailedDetails` with the `id` as its step.
 * @throws {CancelledFailure} where the surrounding scope was cancelled: by then all jobs have been settled.
 * @example
 * const drawn = await mapJobs(titles, (title) => ({ endpoint: 'sdxl', input: { title } }), { concurrency: 4, tolerate: '5%' });
 * const images = drawn.flatMap((job) => (job.status === 'completed' ? [job.result.output] : []));
 */
export async function mapJobs<Item>(
  items: readonly Item[],
  toInput: (item: Item, index: number) => JobInput,
  options: MapJobsOptions = {},
): Promise<readonly MappedJob[]> {
  // What a run was started with is often handed on, unchecked.
  if (!Array.isArray(items)) throw invalid('mapJobs takes a list of items');
  const concurrency = checkedConcurrency(options.concurrency ?? DEFAULT_CONCURRENCY);
  const allowed = allowedFailures(options.tolerate ?? 0, items.length, () => patched('whole-share'));
  const inlineMaxBytes = checkedInlineMaxBytes(options.inlineMaxBytes ?? ITEM_MAX_BYTES);
  // All of them first: an error of the caller's code here has cost nothing, and is mended by a new version of it.
  const inputs = items.map((item, index) => toInput(item, index));
  const ledger = currentLedger();
  const id = ledger.nameFor(options.id, 'map');
  const startedAt = now();

  const scope = new CancellationScope({ cancellable: true });
  const entries: LedgerEntry[] = [];
  const outcomes: JobOutcome[] = [];
  let failed = 0;
  let fatal: { readonly index: number; readonly error: StepFailedDetails['cause'] } | undefined;

  const lane = async (): Promise<void> => {
    while (entries.length < inputs.length && !scope.consideredCancelled) {
      const index = entries.length;
      const entry = ledger.open(`${id}[${index}]`);
      entries.push(entry);
      const outcome = await runInTurn(inputs.slice(index, index + 1), entry, inlineMaxBytes);
      outcomes[index] = outcome;
      if (outcome.kind !== 'failed') continue;
      failed += 1;
      if (failed <= allowed || scope.consideredCancelled) continue;
      fatal = { index, error: errorOf(outcome.failure) };
      scope.cancel();
    }
  };
  const lanes = Math.min(concurrency, inputs.length);
  await scope.run(() => Promise.all(Array.from({ length: lanes }, lane)));

  if (fatal !== undefined) throw stepFailed({ id, startedAt, entries, ...fatal });
  const mapped = outcomes.flatMap(toMapped);
  if (mapped.length < inputs.length) throw new CancelledFailure('the jobs were cancelled and settled');
  return mapped;
}

function toMapped(outcome: JobOutcome): MappedJob[] {
  switch (outcome.kind) {
    case 'completed':
      return [{ status: 'completed', result: outcome.result }];
    case 'failed':
      return [{ status: 'failed', error: errorOf(outcome.failure) }];
    case 'cancelled':
      return [];
  }
}

function errorOf(failure: Error): StepFailedDetails['cause'] {
  const [details] = (failure instanceof ApplicationFailure ? failure.details : undefined) ?? [];
  return {
    type: typeOf(failure),
    message: failure.message,
    ...(details === undefined ? {} : { details: details as JobFailureDetails }),
  };
}

interface FailedMap {
  readonly id: string;
  readonly startedAt: string;
  readonly entries: readonly LedgerEntry[];
  readonly index: number;
  readonly error: StepFailedDetails['cause'];
}

/** The same as a step of a pipeline that failed, so that whoever reads the one can read the other. */
function stepFailed({ id, startedAt, entries, index, error }: FailedMap): ApplicationFailure {
  const records = entries.map(({ record }) => record);
  const usage = totalUsage(records);
  const { type, message } = error;
  const details: StepFailedDetails = {
    step: id,
    index,
    cause: error,
    steps: { [id]: { status: 'failed', jobs: usage.jobs, startedAt, endedAt: now(), error: { type, message } } },
    usage,
    suspectedDuplicates: records.reduce((sum, record) => sum + record.suspectedDuplicates, 0),
    unsettled: unsettledHandles(records),
  };
  return ApplicationFailure.nonRetryable(`job "${id}[${index}]" failed: ${type}: ${message}`, 'StepFailed', details);
}

function checkedConcurrency(concurrency: number): number {
  if (Number.isInteger(concurrency) && concurrency >= 1) return concurrency;
  throw invalid(`concurrency is ${concurrency}; it must be a whole number of at least 1`);
}

/**
 * How many of `total` jobs may fail.
 *
 * @param mayDiffer asked only where runs of before took another number, one short: false keeps an open one on its way
 * @throws {ApplicationFailure} `InvalidRequest`
 */
export function allowedFailures(tolerate: number | string, total: number, mayDiffer: () => boolean): number {
  if (typeof tolerate === 'number' && tolerate >= 0) return tolerate;
  const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(String(tolerate)) ?? [];
  if (percent !== undefined && Number(percent) <= 100) {
    const before = Math.floor((Number(percent) / 100) * total);
    const whole = wholeShare(Number(percent), total);
    return whole === before || !mayDiffer() ? before : whole;
  }
  throw invalid(`tolerate is ${JSON.stringify(tolerate)}; it must be a count such as 2, or a share such as "5%"`);
}
