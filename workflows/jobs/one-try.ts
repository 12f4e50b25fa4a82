import type { CompletedJob } from '../../activities/contract.js';
import type { JsonValue } from '../../job-api/json.js';
import { AWAIT_MARGIN_MS } from '../activity-options.js';
import type { RunBudget } from '../budget/run-budget.js';
import type { Attempt } from '../contract.js';
import type { JobSettings, Target } from '../plan.js';
import { runActivity } from '../run-activity.js';
import { type AttemptDetails, activityIdOf, attemptOf, describeJob } from './attempt.js';
import { awaitStream, isUnread } from './await-stream.js';
import { awaitWoken } from './await-woken.js';
import type { JobEnd } from './job-end.js';
import type { KeptStream } from './kept-stream.js';
import { readAwaitFailure } from './read-failure.js';
import { settleJob } from './settle-job.js';
import { type SubmitOptions, submitJob } from './submit-job.js';
import { submitWithin } from './submit-within.js';

export interface TryOptions extends SubmitOptions {
  /** Of the run; absent where it has none. */
  readonly budget?: RunBudget;
  /** Whether room in it was taken already. */
  readonly hasRoom?: true;
  /** Where readers find the stream of the job; absent where none is kept for them. */
  readonly stream?: KeptStream;
  /** False once a result is of no use any more; what is settled after that is waste. */
  isWanted(): boolean;
  /** The provider has the job. */
  onAccepted?(): void;
  /** Of a job with hedges: how this try stands to the others. */
  readonly race?: {
    readonly isHedge: boolean;
    /** Asked with a result: false where another try was faster, so that this one is waste. */
    claim(): boolean;
    /** Another try has a result. */
    isLost(): boolean;
  };
}

/** What all tries of a job have alike. */
export interface Following extends Omit<TryOptions, 'number' | 'race' | 'elsewhere' | 'hasRoom'> {
  /** Another job, of another input, is tried after this one. */
  readonly hasNext: boolean;
}

/** One remote job, from its submit to its end, or until it was settled. Never throws for what can happen to it. */
export async function tryOnce(
  settings: JobSettings,
  target: Target,
  input: JsonValue,
  options: TryOptions,
): Promise<JobEnd> {
  const { id, number, record, stream, isWanted, race, budget } = options;
  const { endpoint } = target;
  record.enter({ phase: 'submitting', endpoint }, number);
  // One promise in either case: an await more would break the replay of runs without a budget.
  const submitted = await (budget === undefined
    ? submitJob(settings, target, input, options)
    : submitWithin(budget, options.hasRoom === true, () => submitJob(settings, target, input, options)));
  if (submitted.kind !== 'accepted') {
    record.enter(undefined, number);
    return submitted;
  }

  const { handle, mail, completed } = submitted;
  const attempt = (outcome: Attempt['outcome'], more: AttemptDetails) => ({
    ...attemptOf(target, outcome, more),
    ...(race?.isHedge ? { hedge: true as const } : {}),
    ...(race?.isLost() ? { superseded: true as const } : {}),
  });
  record.enter({ phase: 'awaiting', endpoint, handle }, number);
  options.onAccepted?.();
  const { queueMs, runMs } = settings.timeouts;
  const common = {
    handle,
    endpoint,
    inlineMaxBytes: options.inlineMaxBytes,
    ...(settings.outputSchema === undefined ? {} : { outputSchema: settings.outputSchema }),
  };
  const discard = (job: CompletedJob): JobEnd => {
    record.add(attempt('CANCELLED', { handle, settled: 'finished-first' }), job, number);
    return { kind: 'cancelled' };
  };
  const complete = (job: CompletedJob): JobEnd => {
    if (race?.claim() === false) return discard(job);
    record.add(attempt('COMPLETED', { handle }), job, number);
    return { kind: 'completed', target, handle, job };
  };
  if (completed !== undefined) return isWanted() ? complete(completed) : discard(completed);
  try {
    const request = { ...common, queueMs, runMs };
    const call = {
      activityId: activityIdOf(id, settings.stream === undefined ? 'await' : 'stream', number),
      scheduleToCloseTimeout: handle.ttlMs + AWAIT_MARGIN_MS,
      summary: `${settings.stream === undefined ? 'await' : 'read'} ${describeJob(handle)}`,
    };
    // One promise in each case: an await more would break the replay of runs that were recorded before.
    const job = await (settings.stream !== undefined
      ? awaitStream(settings.stream, request, call, stream)
      : mail === undefined
        ? runActivity('awaitJob', request, call)
        : awaitWoken(request, call, mail));
    stream?.leave(job.stream?.log);
    return complete(job);
  } catch (error) {
    const end = readAwaitFailure(error);
    if (end.kind === 'failed' && end.details?.ended) {
      const { error: remote, log, expired, ...facts } = end.details;
      stream?.leave(log);
      record.add(attempt(end.type, { handle, message: end.message }), facts, number);
      const failed = { kind: 'failed', type: end.type, message: end.message } as const;
      return { ...failed, ...(remote && { error: remote }), ...(expired && { expired }) };
    }
    record.enter({ phase: 'settling', endpoint, handle }, number);
    const streamedBy = stream?.reader;
    const toSettle = streamedBy === undefined ? common : { ...common, streamedBy };
    const unwanted = race?.isLost() ? 'superseded' : isWanted() ? 'TotalTimeout' : 'cancelled';
    const why = end.kind === 'failed' ? end.type : unwanted;
    const settled = await settleJob({ ...toSettle, why }, activityIdOf(id, 'cancel', number));
    stream?.leave(settled.log, end.kind === 'failed' ? end.details?.log : undefined);
    // The job was done when its limit passed: a success, if a late one. After a cancel nobody wants it, and it is waste.
    if (settled.completed && isWanted() && !isUnread(settings, settled.completed)) return complete(settled.completed);
    const outcome: Attempt['outcome'] = end.kind === 'cancelled' ? 'CANCELLED' : end.type;
    record.add(attempt(outcome, { handle, settled: settled.outcome }), settled, number);
    return end.kind === 'cancelled' ? end : { kind: 'failed', type: end.type, message: end.message };
  }
}
