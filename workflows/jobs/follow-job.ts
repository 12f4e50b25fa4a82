import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { Activities, CancelJobResult, CompletedJob } from '../../activities/contract.js';
import type { JobHandle } from '../../job-api/job.js';
import type { JsonValue } from '../../job-api/json.js';
import { AWAIT_MARGIN_MS, CANCEL_BUDGET_MS } from '../activity-options.js';
import type { Attempt, FailureType, RemoteError } from '../contract.js';
import type { JobSettings, Target } from '../plan.js';
import { runActivity } from '../run-activity.js';
import { awaitStream, isUnread } from './await-stream.js';
import { awaitWoken } from './await-woken.js';
import { type JobMail, openMail } from './job-mail.js';
import type { JobRecord } from './job-record.js';
import { type KeptStream, keepStream } from './kept-streams.js';
import { LostSubmits } from './lost-submits.js';
import { FIRST_TRY, nextTry, type Tries } from './next-try.js';
import { readAwaitFailure, readSubmitFailure } from './read-failure.js';
import { ttlFor } from './ttl.js';

/** How long a provider may take no submit before the next is asked, where there is one. */
const PATIENCE_MS = 30_000;

/** Workers that may die over one submit before it is taken that the submit kills them. */
const REPEATS_MAX = 5;

/** How a job ended. Whichever way, its remote jobs have ended, or the record names those that were not seen to. */
export type JobEnd =
  | { readonly kind: 'completed'; readonly target: Target; readonly handle: JobHandle; readonly job: CompletedJob }
  | { readonly kind: 'failed'; readonly type: FailureType; readonly message: string; readonly error?: RemoteError }
  | { readonly kind: 'cancelled' };

export interface FollowOptions {
  /** Begins the ids of the job's activities; unique in the run. What a person gives to `temporal activity`. */
  readonly id: string;
  readonly inlineMaxBytes: number;
  /** Filled while the job goes on, so that whoever looks in between sees the attempts so far. */
  readonly record: JobRecord;
  /** Another job stands ready to do the work, so that a provider which takes no submit is not waited for. */
  readonly hasSubstitute?: boolean;
}

/**
 * Follows one job to its end: submit, await, and on every way out but success, settle. Never throws for what can happen
 * to a job; a cancel of the surrounding scope ends it as `cancelled`, after settling.
 */
export async function followJob(settings: JobSettings, input: JsonValue, options: FollowOptions): Promise<JobEnd> {
  const { totalMs } = settings.timeouts;
  const lost = new LostSubmits(options.record);
  const asked = CancellationScope.current();
  // A cancel of this scope says that nobody wants the job; one of the scope below may only be the total limit.
  const isWanted = () => !asked.consideredCancelled;
  const stream = settings.stream === 'events' ? keepStream(options.id) : undefined;
  // As below: an await more would break the replay of runs without a stream.
  const follow = () =>
    stream === undefined
      ? tryInTurn(settings, input, { ...options, lost }, isWanted)
      : tryInTurn(settings, input, { ...options, lost, stream }, isWanted).finally(() => stream.end());
  if (totalMs === undefined) {
    const end = await follow();
    // Only then, here and below: an await more would break the replay of runs that have no webhooks.
    if (lost.settling !== undefined) await lost.settling;
    return end;
  }

  // The timer costs two events, so only a run that asked for a total limit has one.
  const end = await new CancellationScope({ cancellable: true, timeout: totalMs }).run(follow);
  if (lost.settling !== undefined) await lost.settling;
  if (end.kind !== 'cancelled' || asked.consideredCancelled) return end;
  return { kind: 'failed', type: 'TotalTimeout', message: `the job took longer than its total limit of ${totalMs} ms` };
}

interface Following extends FollowOptions {
  readonly lost: LostSubmits;
  /** Where readers find the stream of the job; absent where none is kept for them. */
  readonly stream?: KeptStream;
}

async function tryInTurn(
  settings: JobSettings,
  input: JsonValue,
  options: Following,
  isWanted: () => boolean,
): Promise<JobEnd> {
  let tries: Tries = FIRST_TRY;
  for (let target = 0; ; ) {
    const end = await tryOnce(settings, settings.targets[target] as Target, input, options, isWanted);
    if (end.kind !== 'failed') return end;

    const next = nextTry(settings, tries, end.type);
    if (next.kind === 'give-up') return end;
    try {
      if (next.delayMs > 0) await sleep(next.delayMs);
    } catch (error) {
      if (isCancellation(error)) return { kind: 'cancelled' };
      throw error;
    }
    ({ tries, target } = next);
  }
}

async function tryOnce(
  settings: JobSettings,
  target: Target,
  input: JsonValue,
  options: Following,
  isWanted: () => boolean,
): Promise<JobEnd> {
  const { id, record, stream } = options;
  const { endpoint } = target;
  record.enter({ phase: 'submitting', endpoint });
  const submitted = await submit(settings, target, input, options);
  if (submitted.kind !== 'accepted') {
    record.enter(undefined);
    return submitted;
  }

  const { handle, mail } = submitted;
  record.enter({ phase: 'awaiting', endpoint, handle });
  const { queueMs, runMs } = settings.timeouts;
  const common = {
    handle,
    endpoint,
    inlineMaxBytes: options.inlineMaxBytes,
    ...(settings.outputSchema === undefined ? {} : { outputSchema: settings.outputSchema }),
  };
  try {
    const request = { ...common, queueMs, runMs };
    const call = {
      activityId: activityId(id, settings.stream === undefined ? 'await' : 'stream', record),
      scheduleToCloseTimeout: handle.ttlMs + AWAIT_MARGIN_MS,
      summary: `${settings.stream === undefined ? 'await' : 'read'} ${describe(handle)}`,
    };
    // One promise in each case, for the same reason as above.
    const job = await (settings.stream !== undefined
      ? awaitStream(settings.stream, request, call, stream)
      : mail === undefined
        ? runActivity('awaitJob', request, call)
        : awaitWoken(request, call, mail));
    stream?.leave(job.stream?.log);
    return complete(record, target, handle, job);
  } catch (error) {
    const end = readAwaitFailure(error);
    if (end.kind === 'failed' && end.details?.ended) {
      const { error: remote, log, ...facts } = end.details;
      stream?.leave(log);
      record.add(attemptOf(target, end.type, { handle, message: end.message }), facts);
      return { kind: 'failed', type: end.type, message: end.message, ...(remote ? { error: remote } : {}) };
    }
    record.enter({ phase: 'settling', endpoint, handle });
    const streamedBy = stream?.reader;
    const toSettle = streamedBy === undefined ? common : { ...common, streamedBy };
    const settled = await settle(handle, toSettle, activityId(id, 'cancel', record));
    stream?.leave(settled.log, end.kind === 'failed' ? end.details?.log : undefined);
    // The job was done when its limit passed: a success, if a late one. After a cancel nobody wants it, and it is waste.
    if (settled.completed && isWanted() && !isUnread(settings, settled.completed)) {
      return complete(record, target, handle, settled.completed);
    }
    const outcome = end.kind === 'cancelled' ? 'CANCELLED' : end.type;
    record.add(attemptOf(target, outcome, { handle, settled: settled.outcome }), settled);
    return end.kind === 'cancelled' ? end : { kind: 'failed', type: end.type, message: end.message };
  }
}

type Submitted =
  | { readonly kind: 'accepted'; readonly handle: JobHandle; readonly mail: JobMail | undefined }
  | Exclude<JobEnd, { kind: 'completed' }>;

async function submit(
  settings: JobSettings,
  target: Target,
  input: JsonValue,
  { id, record, lost, inlineMaxBytes, hasSubstitute = false }: Following,
): Promise<Submitted> {
  const { queueMs, runMs } = settings.timeouts;
  for (let repeat = 0; ; repeat++) {
    const submitId = activityId(id, 'submit', record, repeat);
    const mail = target.webhook === undefined ? undefined : openMail(submitId);
    const submittedAt = new Date().toISOString();
    /** Of a job that only its webhook told of. */
    const handleOf = (jobId: string): JobHandle => ({
      provider: target.provider,
      endpointId: target.endpointId,
      jobId,
      submittedAt,
      ttlMs: ttlFor(queueMs, runMs),
    });
    try {
      const { handle } = await runActivity(
        'submitJob',
        {
          target,
          input,
          executionTimeoutMs: runMs,
          ttlMs: ttlFor(queueMs, runMs),
          ...(settings.lowPriority === undefined ? {} : { lowPriority: settings.lowPriority }),
          ...(settings.s3Config === undefined ? {} : { s3Config: settings.s3Config }),
          ...(settings.targets.length > 1 || hasSubstitute ? { patienceMs: PATIENCE_MS } : {}),
        },
        {
          activityId: submitId,
          summary: `submit to ${target.provider}/${target.endpointId}`,
        },
      );
      return { kind: 'accepted', handle, mail };
    } catch (error) {
      const end = readSubmitFailure(error);
      switch (end.kind) {
        case 'accepted':
          return { ...end, mail };
        case 'cancelled':
          return end;
        case 'safe-to-repeat':
          // Not after a cancel: nothing is out, so nothing is owed.
          if (CancellationScope.current().consideredCancelled) return { kind: 'cancelled' };
          if (repeat < REPEATS_MAX) continue;
          return {
            kind: 'failed',
            type: 'Unavailable',
            message: `${repeat + 1} workers in a row ended while preparing this submit`,
          };
        case 'ambiguous': {
          const jobId = mail === undefined ? undefined : await adopt(mail, target, record);
          if (jobId !== undefined) return { kind: 'accepted', handle: handleOf(jobId), mail };
          if (mail !== undefined) {
            const attempt = record.attempts.length;
            const settleLost = (handle: JobHandle) =>
              settle(
                handle,
                { handle, endpoint: target.endpoint, inlineMaxBytes },
                submitId.replace('/submit-', '/cancel-'),
              );
            lost.watch({ mail, attempt, handleOf, settle: settleLost });
          }
          record.add(attemptOf(target, 'SubmitAmbiguous', { message: end.message }));
          if (CancellationScope.current().consideredCancelled) return { kind: 'cancelled' };
          return { kind: 'failed', type: 'SubmitAmbiguous', message: end.message };
        }
        case 'refused':
          record.add(attemptOf(target, end.type, { message: end.message }));
          return { kind: 'failed', type: end.type, message: end.message };
      }
    }
  }
}

/** Waits for the webhook that names the job of a submit whose answer was lost. */
async function adopt(mail: JobMail, { endpoint, webhook }: Target, record: JobRecord): Promise<string | undefined> {
  record.enter({ phase: 'adopting', endpoint });
  return await mail.jobIdWithin(webhook?.adoptMs ?? 0);
}

/** Brings a job that is no longer wanted to a known end, whatever is cancelled around it. */
async function settle(
  handle: JobHandle,
  request: Pick<
    Parameters<Activities['cancelJob']>[0],
    'handle' | 'endpoint' | 'outputSchema' | 'inlineMaxBytes' | 'streamedBy'
  >,
  activityId: string,
): Promise<CancelJobResult> {
  try {
    return await CancellationScope.nonCancellable(() =>
      runActivity(
        'cancelJob',
        { ...request, budgetMs: CANCEL_BUDGET_MS },
        { activityId, summary: `settle ${describe(handle)}` },
      ),
    );
  } catch {
    // Six attempts failed for reasons of our own. The handle is named as not settled rather than forgotten.
    return { outcome: 'unconfirmed' };
  }
}

function complete(record: JobRecord, target: Target, handle: JobHandle, job: CompletedJob): JobEnd {
  record.add(attemptOf(target, 'COMPLETED', { handle }), job);
  return { kind: 'completed', target, handle, job };
}

function attemptOf(
  target: Target,
  outcome: Attempt['outcome'],
  more: Pick<Attempt, 'handle' | 'settled' | 'message'>,
): Attempt {
  return { endpoint: target.endpoint, outcome, ...(more.handle ? { jobId: more.handle.jobId } : {}), ...more };
}

function activityId(id: string, phase: string, record: JobRecord, repeat = 0): string {
  const number = record.attempts.length + 1;
  return `${id}/${phase}-${number}${repeat > 0 ? `.${repeat}` : ''}`;
}

function describe({ provider, endpointId, jobId }: JobHandle): string {
  return `${provider}/${endpointId} job ${jobId}`;
}
