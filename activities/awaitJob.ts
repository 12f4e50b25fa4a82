import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { EndpointNotFound, JobApiError, JobNotFound, ProtocolError } from '../job-api/errors.js';
import type { JobHandle, RemoteJob } from '../job-api/job.js';
import type { JobApi } from '../job-api/job-api.js';
import type { PollTurn } from '../job-api/polling/poll-seat.js';
import { BackstopSeat, type JobSeat } from './backstop-seat.js';
import { tellingCircuit } from './circuits.js';
import type { AwaitJobRequest, AwaitState, CompletedJob } from './contract.js';
import { countEnd } from './count-end.js';
import type { ActivityDeps } from './deps.js';
import { comeBackIn, jobEnded, retryableFailure } from './failure.js';
import { endDetails, finishJob } from './finish-job.js';
import { settleIfOrphaned } from './settle-orphaned.js';
import { unreadFor, warnOfUnread, withRetention } from './unread-job.js';
import { judgeWait } from './wait-verdict.js';
import { isUnreadable, lateDelay, WINDOW_MS } from './wait-window.js';

/** Well below the heartbeat timeout, by which a cancel or the end of the run is noticed too. */
const HEARTBEAT_EVERY_MS = 8_000;
const PROGRESS_MAX_BYTES = 512;

/**
 * Waits for a job and returns its result; large parts of the output are stored first. Any other end is thrown with the
 * type of section "Errors" and {@link JobEndDetails}. An attempt waits for a bounded window and then comes back later,
 * so a job of hours holds no slot, and however often it is read the history has three events.
 *
 * A shutdown of the worker never touches the job: the next attempt follows it by its handle.
 */
export async function awaitJob(given: AwaitJobRequest, deps: ActivityDeps): Promise<CompletedJob> {
  const context = Context.current();
  const request = { ...given, handle: withRetention(given.handle, deps.jobApi(given.handle.provider)) };
  const seat = takeSeat(request, deps, context);
  try {
    return await countEnd(context, request.handle, () =>
      tellingCircuit(request.handle, deps, () => wait(request, deps, seat, context)),
    );
  } catch (error) {
    if (context.cancellationDetails?.notFound) {
      await settleIfOrphaned(request.handle, deps, context, { mayBeLeft: request.webhook !== undefined });
    }
    throw error;
  } finally {
    seat.leave();
  }
}

/** One that a webhook wakes, where the job has one and this process can hear of it; else one in the endpoint's schedule. */
function takeSeat({ handle, webhook }: AwaitJobRequest, deps: ActivityDeps, { info }: Context): JobSeat {
  const { webhooks } = deps;
  const run = info.workflowExecution;
  const job = { ...handle, aliveAt: readState(info.heartbeatDetails).aliveAt };
  if (webhook === undefined || webhooks === undefined || run === undefined) {
    return deps.pollSchedule(handle.provider, handle.endpointId).join(job);
  }
  const key = { workflowId: run.workflowId, runId: run.runId, submit: webhook.submit };
  return new BackstopSeat({
    job,
    backstopMs: webhooks.backstopMs,
    woken: webhook.arrived === true,
    onArrival: (arrived) => webhooks.onArrival(key, arrived),
  });
}

async function wait(
  request: AwaitJobRequest,
  deps: ActivityDeps,
  seat: JobSeat,
  context: Context,
): Promise<CompletedJob> {
  const { handle, queueMs, runMs } = request;
  const signal = context.cancellationSignal;
  const api = deps.jobApi(handle.provider);
  if (api.unsupported.has('statusSync')) seat.longPollUnsupported();
  const submitted = Date.parse(handle.submittedAt);
  const windowEnd = Date.now() + WINDOW_MS;
  let state = readState(context.info.heartbeatDetails);
  warnOfUnread(handle, state.aliveAt, context);
  // Until the first read of this attempt says more.
  let limitAt = state.runningSince === undefined ? submitted + queueMs : Date.parse(state.runningSince) + runMs;

  let missingSince: number | undefined;
  // A job that is deep in the queue is not read for minutes; the run wants to know that somebody follows it.
  const beat = setInterval(() => context.heartbeat(state), HEARTBEAT_EVERY_MS);
  try {
    for (;;) {
      const now = Date.now();
      const turn = await seat.turn({ capMs: limitAt - now, windowMs: windowEnd - now, signal });
      if (turn.kind === 'leave') {
        throw comeBackIn(
          Math.min(turn.comeBackMs, limitAt - Date.now()),
          `job ${handle.jobId} is ${state.status ?? 'not ready'}`,
        );
      }
      const answer = await read(api, handle, turn, seat, signal);
      seat.told(answer.kind === 'answered' && typeof answer.job !== 'string' ? answer.job : undefined);
      if (answer.kind === 'failed') {
        state = await afterFailedRead(answer.error, state, handle, submitted, context);
        continue;
      }

      const runningSince = state.runningSince === undefined ? undefined : Date.parse(state.runningSince);
      const verdict = judgeWait(
        {
          ...{ handle, queueMs, runMs, now: Date.now() },
          ...(runningSince === undefined ? {} : { runningSince }),
          ...(state.aliveAt === undefined ? {} : { aliveAt: Date.parse(state.aliveAt) }),
          ...(missingSince === undefined ? {} : { missingSince }),
        },
        answer.job,
      );
      const job = typeof answer.job === 'string' ? undefined : answer.job;
      if (verdict.kind === 'ended' && job) {
        return await finishJob(job, { ...request, unreadMs: unreadFor(handle, state.aliveAt, Date.now()) }, deps);
      }
      if (verdict.kind === 'over') {
        throw jobEnded(verdict.type, verdict.message, {
          ...endDetails(handle, request.endpoint, deps.config, job, verdict.type === 'JobLost'),
          ...(verdict.expired && { expired: true }),
        });
      }
      if (verdict.kind === 'waiting') {
        limitAt = Date.now() + verdict.withinMs;
        missingSince = verdict.missingSince;
        state = nextState(state, job, verdict.runningSince);
      }
      context.heartbeat(state);
    }
  } finally {
    clearInterval(beat);
  }
}

type Answer =
  | { readonly kind: 'answered'; readonly job: RemoteJob | 'not-found' | 'endpoint-not-found' }
  | { readonly kind: 'failed'; readonly error: JobApiError };

async function read(
  api: JobApi,
  { endpointId, jobId }: Pick<JobHandle, 'endpointId' | 'jobId'>,
  turn: Exclude<PollTurn, { readonly kind: 'leave' }>,
  seat: JobSeat,
  signal: AbortSignal,
): Promise<Answer> {
  try {
    if (turn.kind === 'long-poll') {
      return { kind: 'answered', job: await api.statusSync(endpointId, jobId, { waitMs: turn.waitMs, signal }) };
    }
    return { kind: 'answered', job: await api.status(endpointId, jobId, { signal }) };
  } catch (error) {
    signal.throwIfAborted();
    // A deployment without the long poll answers it with 404 or 405: the next turn is a plain read, which knows better.
    if (
      turn.kind === 'long-poll' &&
      error instanceof JobApiError &&
      (error.httpStatus === 404 || error.httpStatus === 405)
    ) {
      const answer = await read(api, { endpointId, jobId }, { kind: 'status' }, seat, signal);
      if (answer.kind === 'answered' && typeof answer.job !== 'string') seat.longPollUnsupported();
      return answer;
    }
    if (error instanceof JobNotFound) return { kind: 'answered', job: 'not-found' };
    if (error instanceof EndpointNotFound) return { kind: 'answered', job: 'endpoint-not-found' };
    if (error instanceof JobApiError) return { kind: 'failed', error };
    throw error;
  }
}

/**
 * A read that failed says nothing of the job. A short pause is waited here; a long one, as the provider asks or an outage
 * needs, is left to the server's retry, where the failure is also seen by whoever looks at the run.
 */
async function afterFailedRead(
  error: JobApiError,
  state: AwaitState,
  handle: JobHandle,
  submitted: number,
  context: Context,
): Promise<AwaitState> {
  const unreadable = error instanceof ProtocolError ? (state.unreadable ?? 0) + 1 : 0;
  if (isUnreadable(unreadable, handle, state.aliveAt)) {
    throw jobEnded('ProtocolError', error.message, { jobId: handle.jobId, ended: false });
  }
  const next: AwaitState = { ...state, unreadable };
  context.heartbeat(next);
  if (error.retryAfterMs !== undefined && error.retryAfterMs <= 1_000) {
    await delay(error.retryAfterMs, undefined, { signal: context.cancellationSignal }).catch(() =>
      context.cancellationSignal.throwIfAborted(),
    );
    return next;
  }
  const pauseMs = error.retryAfterMs ?? Math.min(lateDelay(Date.now() - submitted), 15_000);
  // Not final even where a submit would be: a key that is being rotated must not lose an accepted job.
  throw retryableFailure(error, pauseMs);
}

function nextState(state: AwaitState, job: RemoteJob | undefined, runningSince: number | undefined): AwaitState {
  if (job === undefined) return { ...state, unreadable: 0 };
  const progress = job.status === 'IN_PROGRESS' && job.output !== undefined ? cut(job.output) : state.progress;
  return {
    status: job.status,
    unreadable: 0,
    aliveAt: new Date().toISOString(),
    ...(runningSince === undefined ? {} : { runningSince: new Date(runningSince).toISOString() }),
    ...(progress === undefined ? {} : { progress }),
  };
}

/** Heartbeat details live in the server's memory of the run: they stay small. */
function cut(progress: NonNullable<RemoteJob['output']> | null): RemoteJob['output'] {
  const text = JSON.stringify(progress);
  return text.length <= PROGRESS_MAX_BYTES ? progress : `${text.slice(0, PROGRESS_MAX_BYTES)}…`;
}

/** Details of an earlier attempt, perhaps of another version: taken only where they are what they should be. */
function readState(details: unknown): AwaitState {
  if (typeof details !== 'object' || details === null) return {};
  const { status, runningSince, progress, unreadable, aliveAt } = details as Record<string, unknown>;
  return {
    ...(typeof aliveAt === 'string' && !Number.isNaN(Date.parse(aliveAt)) ? { aliveAt } : {}),
    ...(typeof status === 'string' ? { status: status as RemoteJob['status'] } : {}),
    ...(typeof runningSince === 'string' && !Number.isNaN(Date.parse(runningSince)) ? { runningSince } : {}),
    ...(progress === undefined ? {} : { progress: progress as NonNullable<AwaitState['progress']> }),
    ...(typeof unreadable === 'number' ? { unreadable } : {}),
  };
}
