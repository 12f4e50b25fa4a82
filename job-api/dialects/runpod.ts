import { detailsOf, isSuccess, parseJson, protocolError, refusal } from '../answer.js';
import { type Call, describeCall, isSubmit, type SubmitCall } from '../call.js';
import type { Dialect, WireAnswer, WireRequest } from '../dialect.js';
import { InvalidRequest, PayloadTooLarge } from '../errors.js';
import type { EndpointHealth, JobStatus, RemoteJob, StreamRead, SubmitRequest } from '../job.js';
import type { JsonValue } from '../json.js';
import { healthAnswer, jobAnswer, purgeAnswer, streamAnswer } from './runpod-wire.js';

const MIB = 1024 * 1024;
/** "10 MB" in the documents; the provider's own error text says 10 MiB. */
const MAX_RUN_BYTES = 10 * MIB;
const MAX_RUNSYNC_BYTES = 20 * MIB;

const SECOND_MS = 1_000;
const WEEK_MS = 7 * 24 * 60 * 60 * SECOND_MS;

/** RunPod serverless, as documented under "Send API requests" and "Operation reference", and as seen live. */
export const runpod: Dialect = {
  name: 'runpod',
  maxBodyBytes: MAX_RUN_BYTES,
  unsupported: new Set(),
  authorization: (apiKey) => ({ authorization: `Bearer ${apiKey}` }),
  request,
  readJob(call, answer) {
    const wire = jobAnswer.safeParse(success(call, answer));
    if (!wire.success) throw protocolError(call, answer, 'no job object');
    const { id, status, output, error, delayTime, executionTime, workerId, retries } = wire.data;
    return {
      ...identity(call, answer, id, status),
      ...present({
        output,
        error: error === null ? undefined : error,
        delayTimeMs: delayTime,
        executionTimeMs: executionTime,
        workerId,
        retries,
      }),
    };
  },
  readStream(call, answer) {
    const wire = streamAnswer.safeParse(success(call, answer));
    if (!wire.success) throw protocolError(call, answer, 'neither a stream nor a list of chunks');
    const { status, stream } = wire.data;
    return { ...(status !== undefined && { status: readStatus(status).status }), chunks: stream.map(readChunk) };
  },
  readPurge(call, answer) {
    const wire = purgeAnswer.safeParse(success(call, answer));
    if (!wire.success) throw protocolError(call, answer, 'no count of removed jobs');
    return { removed: wire.data.removed };
  },
  readHealth(call, answer): EndpointHealth {
    const wire = healthAnswer.safeParse(success(call, answer));
    if (!wire.success) throw protocolError(call, answer, 'no health object');
    const { jobs, workers } = wire.data;
    const { completed, failed, inProgress, inQueue, retried } = jobs;
    const { idle, initializing, ready, running, throttled, unhealthy } = workers;
    return {
      jobs: present({ completed, failed, inProgress, inQueue, retried }),
      workers: present({ idle, initializing, ready, running, throttled, unhealthy }),
    };
  },
};

/** `?ttl=` on a status read is never sent: it shortens the retention of the result. */
function request(call: Call): WireRequest {
  const below = (operation: string) => {
    const job = 'jobId' in call ? `/${pathPart(call.jobId, 'a job id')}` : '';
    return `/${pathPart(call.endpointId, 'an endpoint id')}/${operation}${job}`;
  };
  switch (call.operation) {
    case 'run':
      return { method: 'POST', path: below('run'), body: submitBody(call, MAX_RUN_BYTES) };
    case 'runSync':
      return {
        method: 'POST',
        path: below('runsync'),
        query: waitQuery(call.waitMs),
        body: submitBody(call, MAX_RUNSYNC_BYTES),
      };
    case 'status':
      return { method: 'GET', path: below('status') };
    case 'statusSync':
      return { method: 'GET', path: below('status-sync'), query: waitQuery(call.waitMs) };
    case 'stream':
      return { method: 'GET', path: below('stream'), query: waitQuery(call.waitMs) };
    case 'cancel':
      return { method: 'POST', path: below('cancel') };
    case 'retry':
      return { method: 'POST', path: below('retry') };
    case 'purgeQueue':
      return { method: 'POST', path: below('purge-queue') };
    case 'health':
      return { method: 'GET', path: below('health') };
  }
}

/** `model` is left out: an endpoint of RunPod is one model, and other top-level keys are dropped. */
function submitBody(call: SubmitCall, maxBytes: number): string {
  const { input, policy, webhook, s3Config } = call.submit;
  const body = JSON.stringify({ input, policy: policy && wirePolicy(policy), webhook, s3Config });
  const bytes = Buffer.byteLength(body);
  if (bytes <= maxBytes) return body;
  throw new PayloadTooLarge(
    `${describeCall(call)}: the body is ${bytes} bytes, and RunPod takes ${maxBytes}; send a URL in place of the largest field`,
  );
}

/** Values out of bounds are refused by the provider; the nearest one that it takes does what was meant. */
function wirePolicy({ executionTimeoutMs, ttlMs, lowPriority }: NonNullable<SubmitRequest['policy']>) {
  return present({
    executionTimeout: executionTimeoutMs === undefined ? undefined : clamp(executionTimeoutMs, 5 * SECOND_MS, WEEK_MS),
    ttl: ttlMs === undefined ? undefined : clamp(ttlMs, 10 * SECOND_MS, WEEK_MS),
    lowPriority,
  });
}

function waitQuery(waitMs: number): Readonly<Record<string, string>> {
  return { wait: String(clamp(waitMs, SECOND_MS, 300 * SECOND_MS)) };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Math.round(value)));
}

/** Ids come from configuration and from providers: one that could lead to another path is refused, the rest is encoded. */
function pathPart(id: string, what: string): string {
  if (id === '' || id === '.' || /\.\.|[/\\?#]|\p{Cc}|\p{Surrogate}/u.test(id)) {
    throw new InvalidRequest(
      `${JSON.stringify(id)} can't be ${what} of RunPod: it is empty, or would lead to another path`,
    );
  }
  return encodeURIComponent(id);
}

/** The answer's JSON where the call succeeded. Throws the error that the answer stands for otherwise. */
function success(call: Call, answer: WireAnswer): unknown {
  if (isSuccess(answer)) return parseJson(call, answer);
  const words = wordsOf(answer.body);
  // Said with 400, and with 502 by the edge in front of it.
  if (/exceeded max body size/i.test(words ?? '')) {
    throw new PayloadTooLarge(`${describeCall(call)}: ${answer.quote(words ?? '')}`, detailsOf(answer));
  }
  throw refusal(call, answer, words);
}

/** What an error body says: mostly `{"error":"…"}`, at times `{"message":"…"}` or plain text. */
function wordsOf(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body.trim() || undefined;
  }
  const { error, message } = Object(value) as { readonly error?: unknown; readonly message?: unknown };
  return [error, message, value].find((words): words is string => typeof words === 'string' && words !== '');
}

function identity(
  call: Call,
  answer: WireAnswer,
  id: string | undefined,
  status: string | undefined,
): Pick<RemoteJob, 'jobId' | 'status' | 'rawStatus'> {
  if (isSubmit(call)) {
    if (id === undefined) throw protocolError(call, answer, 'no job id');
    // The id is the proof that a job was made: an answer without a status is no reason to lose it.
    return { jobId: id, ...(status === undefined ? { status: 'UNKNOWN' } : readStatus(status)) };
  }
  const asked = 'jobId' in call ? call.jobId : undefined;
  const jobId = id ?? asked;
  if (jobId === undefined || (asked !== undefined && jobId !== asked)) {
    throw protocolError(call, answer, `it speaks of another job (${JSON.stringify(answer.quote(jobId ?? ''))})`);
  }
  if (status === undefined) throw protocolError(call, answer, 'no status');
  return { jobId, ...readStatus(status) };
}

const STATUSES: ReadonlyMap<string, JobStatus> = new Map([
  ['IN_QUEUE', 'IN_QUEUE'],
  ['IN_PROGRESS', 'IN_PROGRESS'],
  // In the documents; no answer with it has been seen.
  ['RUNNING', 'IN_PROGRESS'],
  ['COMPLETED', 'COMPLETED'],
  ['FAILED', 'FAILED'],
  ['CANCELLED', 'CANCELLED'],
  ['TIMED_OUT', 'TIMED_OUT'],
]);

function readStatus(raw: string): Pick<RemoteJob, 'status' | 'rawStatus'> {
  const status = STATUSES.get(raw.trim().toUpperCase());
  return status === undefined ? { status: 'UNKNOWN', rawStatus: raw } : { status };
}

/** An entry is `{output, …}`; one that is not is a chunk itself, since what was read is gone at the provider. */
function readChunk(entry: JsonValue): StreamRead['chunks'][number] {
  if (entry === null || typeof entry !== 'object' || Array.isArray(entry)) return { output: entry };
  const { output, metrics } = entry as { readonly output?: JsonValue; readonly metrics?: JsonValue };
  return output === undefined ? { output: entry } : { output, ...(metrics !== undefined && { metrics }) };
}

type Present<T> = { readonly [K in keyof T]?: Exclude<T[K], undefined> };

function present<T extends object>(fields: T): Present<T> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Present<T>;
}
