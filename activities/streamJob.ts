import { setTimeout as delay } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { CancelledFailure } from '@temporalio/common';
import { sealLog } from '../artifacts/index.js';
import { EndpointNotFound, InvalidRequest, JobApiError, JobNotFound, ProtocolError } from '../job-api/errors.js';
import { isTerminal, type RemoteJob, type StreamRead } from '../job-api/job.js';
import type { JobApi } from '../job-api/job-api.js';
import { mayHaveTaken } from '../job-api/stream-fate.js';
import { tellingCircuit } from './circuits.js';
import type { CompletedJob, StreamJobRequest } from './contract.js';
import { countEnd } from './count-end.js';
import type { ActivityDeps } from './deps.js';
import { comeBackIn, jobEnded, retryableFailure } from './failure.js';
import { endDetails } from './finish-job.js';
import { finishStream, withLog } from './finish-stream.js';
import { withHeartbeats } from './heartbeats.js';
import { settleIfOrphaned } from './settle-orphaned.js';
import { AttemptReplaced, StreamRecord } from './stream-record.js';
import { warnOfUnread, withRetention } from './unread-job.js';
import { judgeWait } from './wait-verdict.js';
import { isUnreadable, lateDelay, WINDOW_MS } from './wait-window.js';

/** Also how long a shutdown waits: a read that is broken off would lose what it had taken. */
const LONG_POLL_MS = 5_000;
const SHORTEST_POLL_MS = 1_000;
/** Between the beginnings of two reads: how far behind a reader is, and how many chunks share a read. */
const PACE_MS = { events: 250, collect: { least: 250, most: 2_000 } } as const;
/** How long a reader that is no longer wanted can still be asked what it has read. */
const LINGER_MS = 3_000;
/** After a read that failed, where the provider does not ask for more. */
const RETRY_MAX_MS = { events: 2_000, collect: 15_000 } as const;

/**
 * Waits for a job whose handler is a generator, as `awaitJob` does for others, and reads its stream meanwhile: its chunks
 * become the output. A chunk is given once, so each read is between two records at the server (see {@link StreamRecord}),
 * and an attempt that follows a crash goes on after the last chunk that is on record. What was on its way when a worker died
 * or an answer got lost is gone; the readers are told, unless the provider's own list or numbers prove that nothing was.
 *
 * The end is what the status says, not the stream. A shutdown of the worker never touches the job.
 *
 * @throws as `awaitJob`; the details of a job that ended otherwise than completed have its `log`
 */
export async function streamJob(given: StreamJobRequest, deps: ActivityDeps): Promise<CompletedJob> {
  const context = Context.current();
  const request = { ...given, handle: withRetention(given.handle, deps.jobApi(given.handle.provider)) };
  const record = await StreamRecord.open(context.info.heartbeatDetails, request.log, deps.store);
  try {
    warnOfUnread(request.handle, record.state.aliveAt, context);
    const done = await countEnd(context, request.handle, () =>
      tellingCircuit(request.handle, deps, async () => {
        const job = await readToEnd(request, deps, record, context);
        return await withHeartbeats(record.state, () => finishStream(job, request, record, deps));
      }),
    );
    if (done.stream === undefined || request.stream !== 'events') return done;
    return { ...done, stream: { ...done.stream, log: await sealLog(record.log, deps.store) } };
  } catch (error) {
    if (context.cancellationDetails?.notFound || error instanceof AttemptReplaced) {
      await settleIfOrphaned(request.handle, deps, context);
      // The server takes no answer of this attempt any more.
      throw comeBackIn(1, `another attempt reads job ${request.handle.jobId}, or its run is over`);
    }
    if (request.stream !== 'events') throw error;
    if (error instanceof CancelledFailure && !context.cancellationDetails?.workerShutdown) {
      // Nobody waits for this; who settles the job asks how far it got as long as it is there.
      await delay(LINGER_MS);
    }
    throw await withLog(error, record, deps);
  }
}

/** Reads until the job has ended and its stream is empty; returns the job as its status says. */
async function readToEnd(
  request: StreamJobRequest,
  deps: ActivityDeps,
  record: StreamRecord,
  context: Context,
): Promise<RemoteJob> {
  const { handle, queueMs, runMs } = request;
  const signal = context.cancellationSignal;
  const api = deps.jobApi(handle.provider);
  const submitted = Date.parse(handle.submittedAt);
  const windowEnd = Date.now() + WINDOW_MS;
  let untilLimitMs = Number.POSITIVE_INFINITY;
  let gotChunks = false;
  let missingSince: number | undefined;

  for (;;) {
    signal.throwIfAborted();
    const began = Date.now();
    if (began >= windowEnd) {
      const late = Math.min(lateDelay(began - submitted), untilLimitMs);
      const { status } = record.state;
      const soon = gotChunks || (request.stream === 'events' && status !== 'IN_QUEUE');
      throw comeBackIn(soon ? 1 : late, `job ${handle.jobId} is ${status ?? 'not ready'}`);
    }

    const waitMs = Math.max(SHORTEST_POLL_MS, Math.min(LONG_POLL_MS, untilLimitMs));
    const answer = await readOnce(request, api, record, waitMs);
    gotChunks ||= answer.chunks > 0;
    // Chunks may come with the last status, so a stream has ended when nothing more is in it.
    const ended = typeof answer.job !== 'string' && isTerminal(answer.job.status);
    if (!ended || answer.chunks === 0) {
      const job: Observed = ended ? await readStatus(api, request, record) : answer.job;
      const { runningSince, aliveAt } = record.state;
      const verdict = judgeWait(
        {
          handle,
          queueMs,
          runMs,
          now: Date.now(),
          ...(runningSince === undefined ? {} : { runningSince: Date.parse(runningSince) }),
          ...(aliveAt === undefined ? {} : { aliveAt: Date.parse(aliveAt) }),
          ...(missingSince === undefined ? {} : { missingSince }),
        },
        job,
      );
      if (verdict.kind === 'ended' && typeof job !== 'string') return job;
      if (verdict.kind === 'over') {
        const seen = typeof job === 'string' ? undefined : job;
        throw jobEnded(verdict.type, verdict.message, {
          ...endDetails(handle, request.endpoint, deps.config, seen, verdict.type === 'JobLost'),
          ...(verdict.expired && { expired: true }),
        });
      }
      if (verdict.kind === 'waiting') {
        untilLimitMs = verdict.withinMs;
        missingSince = verdict.missingSince;
        record.observe({
          ...(typeof job !== 'string' && { status: job.status, unreadable: 0, aliveAt: new Date().toISOString() }),
          ...(verdict.runningSince !== undefined && { runningSince: new Date(verdict.runningSince).toISOString() }),
        });
      }
    }
    const paceMs = answer.noStream ? lateDelay(began - submitted) : paceOf(request.stream, began - submitted);
    const pauseMs = began + paceMs - Date.now();
    if (pauseMs > 0) await delay(pauseMs, undefined, { signal }).catch(() => signal.throwIfAborted());
  }
}

interface Answer {
  readonly chunks: number;
  /** As far as the read tells: the status and, where it took a read of the status, the rest. */
  readonly job: Observed;
  /** There is no stream to read: the status alone is asked, and not so often. */
  readonly noStream?: true;
}

type Observed = RemoteJob | 'not-found' | 'endpoint-not-found';

async function readOnce(request: StreamJobRequest, api: JobApi, record: StreamRecord, waitMs: number): Promise<Answer> {
  const { endpointId, jobId } = request.handle;
  let read: StreamRead;
  try {
    // No signal: broken off, it would lose what it had taken.
    read = await api.stream(endpointId, jobId, { waitMs, beforeSend: () => record.reading() });
  } catch (error) {
    if (!(error instanceof JobApiError)) throw error;
    await record.failed(mayHaveTaken(error));
    if (!isRefusal(error)) return giveWay(error, request, record);
    return { chunks: 0, job: await readStatus(api, request, record), noStream: true };
  }
  const { chunks, status } = read;
  const known = chunks.length > 0 && record.isUnsureOfRun ? await statusOrUndefined(api, request) : undefined;
  if (record.hasBegunAnew(status, known?.retries)) await record.restarted(known?.retries);
  else if (known !== undefined) record.observe({ retries: known.retries ?? 0 });
  await record.took(chunks);
  // A bare array (SubModel) has no status.
  const job = status === undefined ? (known ?? (await readStatus(api, request, record))) : { jobId, status };
  return { chunks: chunks.length, job };
}

/** The stream is not there, or this deployment has none: what its status says holds all the same. */
function isRefusal(error: JobApiError): boolean {
  return error instanceof JobNotFound || error instanceof EndpointNotFound || error instanceof InvalidRequest;
}

async function readStatus(api: JobApi, request: StreamJobRequest, record: StreamRecord): Promise<Observed> {
  const { endpointId, jobId } = request.handle;
  try {
    return await api.status(endpointId, jobId);
  } catch (error) {
    if (error instanceof JobNotFound) return 'not-found';
    if (error instanceof EndpointNotFound) return 'endpoint-not-found';
    if (error instanceof JobApiError) return giveWay(error, request, record);
    throw error;
  }
}

/** While chunks wait to be put on record nothing may go wrong, and this is only to know better. */
async function statusOrUndefined(
  api: JobApi,
  { handle: { endpointId, jobId } }: StreamJobRequest,
): Promise<RemoteJob | undefined> {
  return await api.status(endpointId, jobId, { timeoutMs: 2_000 }).catch(() => undefined);
}

/** As `awaitJob`: a read that failed says nothing of the job, and is left to the server's retry. */
function giveWay(error: JobApiError, { handle, stream }: StreamJobRequest, record: StreamRecord): never {
  const unreadable = error instanceof ProtocolError ? (record.state.unreadable ?? 0) + 1 : 0;
  if (isUnreadable(unreadable, handle, record.state.aliveAt)) {
    throw jobEnded('ProtocolError', error.message, { jobId: handle.jobId, ended: false });
  }
  record.observe({ unreadable });
  // The SDK sends with the failure what it was given last.
  Context.current().heartbeat(record.state);
  const ageMs = Date.now() - Date.parse(handle.submittedAt);
  throw retryableFailure(error, error.retryAfterMs ?? Math.min(lateDelay(ageMs), RETRY_MAX_MS[stream]));
}

function paceOf(stream: StreamJobRequest['stream'], ageMs: number): number {
  if (stream === 'events') return PACE_MS.events;
  const { least, most } = PACE_MS.collect;
  return Math.min(most, Math.max(least, ageMs / 10));
}
