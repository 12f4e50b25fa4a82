import type { Dialect, Routes, WireAnswer } from './dialect.js';
import { DIALECTS } from './dialects/index.js';
import { InvalidRequest, type NamedJob } from './errors.js';
import { failureOf } from './failure.js';
import { isSuccess } from './http/answer.js';
import { type Call, isSubmit, type JobAnswerCall, OPERATIONS, type Operation, type SubmitCall } from './http/call.js';
import { ExchangeFailed, type HttpAnswer } from './http/exchange.js';
import { createTransport, type HttpTransport } from './http/http.js';
import { jobIdNamedIn } from './http/named-job.js';
import { hideIn, hiding, quoteWithout } from './http/quote.js';
import { wireRequest } from './http/request.js';
import {
  type EndpointHealth,
  isTerminal,
  type RemoteJob,
  type ReportedJob,
  type StreamRead,
  type SubmitRequest,
} from './job.js';
import type { CallOptions, JobApi, WaitOptions } from './job-api.js';
import type { JsonValue } from './json.js';
import { checkApiKey, checkOverrides, headerWith, type JobApiOptions, parseBaseUrl } from './provider.js';
import { authOf, routesOf } from './routes.js';

/** For `run`, and for `runSync` beyond its wait. Long: to give up on a submit is to leave its fate open. */
export const SUBMIT_TIMEOUT_MS = 30_000;
/** For everything else, beyond the wait of those that wait. */
export const READ_TIMEOUT_MS = 10_000;
/** How long the provider holds a `runSync` or `statusSync` where the caller does not say; its own default too. */
export const SYNC_WAIT_MS = 90_000;
/** How long the provider holds a `stream` read that finds nothing; its own default too. */
export const STREAM_WAIT_MS = 10_000;

/**
 * Connects to a job API. Throws `InvalidRequest` for a base URL or a path, and `Unauthorized` for a key, that can't be one.
 *
 * @example
 * const api = createJobApi({
 *   provider: { name: 'runpod', dialect: 'runpod' },
 *   apiKey: process.env.RUNPOD_API_KEY,
 * });
 * const { jobId } = await api.run('abc123', { input: { prompt: 'a red boat' } });
 * const job = await api.statusSync('abc123', jobId, { waitMs: 60_000 });
 * await api.close();
 */
export function createJobApi(options: JobApiOptions): JobApi {
  return new HttpJobApi(options);
}

type Read<C extends Call, T> = (call: C, answer: WireAnswer) => T;

class HttpJobApi implements JobApi {
  readonly unsupported: ReadonlySet<Operation>;
  readonly maxBodyBytes: JobApi['maxBodyBytes'];
  readonly retentionMs: JobApi['retentionMs'];
  readonly #dialect: Dialect;
  readonly #routes: Routes;
  readonly #transport: HttpTransport;
  readonly #basePath: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #headersWithBody: Readonly<Record<string, string>>;
  /** Its key, and what inputs hold. */
  readonly #secrets: readonly string[];
  readonly #provider: string;
  readonly #readJob: Read<JobAnswerCall, ReportedJob>;

  constructor({ provider, apiKey, userAgent = 'jobrelay', secrets = [] }: JobApiOptions) {
    const dialect: Dialect = DIALECTS[provider.dialect];
    this.#dialect = dialect;
    const base = parseBaseUrl(provider, dialect);
    checkOverrides(provider, dialect);
    checkApiKey(apiKey, provider.name);
    this.#provider = provider.name;
    const routes = routesOf(dialect, provider.operations);
    this.#routes = routes;
    this.unsupported = new Set(OPERATIONS.filter((operation) => routes[operation] === undefined));
    this.maxBodyBytes = dialect.maxBodyBytes;
    const { retentionMs } = dialect;
    this.retentionMs = provider.retentionMs === undefined ? retentionMs : { ...retentionMs, run: provider.retentionMs };
    this.#secrets = [...(apiKey === undefined ? [] : [apiKey]), ...secrets];
    const hide = hiding(this.#secrets);
    this.#readJob = (call, answer) => reported(withoutSecrets(dialect.readJob(call, answer), hide));
    this.#transport = createTransport(base.origin);
    this.#basePath = base.pathname.replace(/\/+$/, '');
    this.#headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(apiKey !== undefined && headerWith(apiKey, authOf(dialect, provider.auth))),
    };
    this.#headersWithBody = { ...this.#headers, 'content-type': 'application/json' };
  }

  run(endpointId: string, submit: SubmitRequest, options?: CallOptions): Promise<ReportedJob> {
    return this.#job({ operation: 'run', endpointId, submit }, options, SUBMIT_TIMEOUT_MS);
  }

  runSync(endpointId: string, submit: SubmitRequest, options?: WaitOptions): Promise<ReportedJob> {
    const waitMs = options?.waitMs ?? SYNC_WAIT_MS;
    return this.#job({ operation: 'runSync', endpointId, submit, waitMs }, options, SUBMIT_TIMEOUT_MS + waitMs);
  }

  status(endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob> {
    return this.#job({ operation: 'status', endpointId, jobId }, options, READ_TIMEOUT_MS);
  }

  statusSync(endpointId: string, jobId: string, options?: WaitOptions): Promise<ReportedJob> {
    const waitMs = options?.waitMs ?? SYNC_WAIT_MS;
    return this.#job({ operation: 'statusSync', endpointId, jobId, waitMs }, options, READ_TIMEOUT_MS + waitMs);
  }

  stream(endpointId: string, jobId: string, options?: WaitOptions): Promise<StreamRead> {
    const waitMs = options?.waitMs ?? STREAM_WAIT_MS;
    const call: Call = { operation: 'stream', endpointId, jobId, waitMs };
    return this.#ask(
      call,
      (asked, answer) => this.#dialect.readStream(asked, answer),
      options,
      READ_TIMEOUT_MS + waitMs,
    );
  }

  cancel(endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob> {
    return this.#job({ operation: 'cancel', endpointId, jobId }, options, READ_TIMEOUT_MS);
  }

  /** `Unavailable` does not mean that nothing happened: repeating it may put a job that failed since back once more. */
  retry(endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob> {
    return this.#job({ operation: 'retry', endpointId, jobId }, options, READ_TIMEOUT_MS);
  }

  /** `Unavailable` does not mean that nothing happened: repeating it may remove jobs that were queued since. */
  purgeQueue(endpointId: string, options?: CallOptions): Promise<{ readonly removed: number }> {
    const call: Call = { operation: 'purgeQueue', endpointId };
    return this.#ask(call, (asked, answer) => this.#dialect.readPurge(asked, answer), options, READ_TIMEOUT_MS);
  }

  health(endpointId: string, options?: CallOptions): Promise<EndpointHealth> {
    const call: Call = { operation: 'health', endpointId };
    return this.#ask(call, (asked, answer) => this.#dialect.readHealth(asked, answer), options, READ_TIMEOUT_MS);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #job(call: JobAnswerCall, options: CallOptions | undefined, timeoutMs: number): Promise<ReportedJob> {
    return this.#ask(call, this.#readJob, options, timeoutMs);
  }

  async #ask<C extends Call, T>(
    call: C,
    read: Read<C, T>,
    { signal, timeoutMs, beforeSend }: CallOptions = {},
    defaultTimeoutMs: number,
  ): Promise<T> {
    signal?.throwIfAborted();
    const route = this.#routes[call.operation];
    if (route === undefined) {
      throw new InvalidRequest(
        `provider ${JSON.stringify(this.#provider)} has no ${call.operation}: ${this.#dialect.vendor} documents none (one that is there all the same can be given by operations.${call.operation}.path)`,
      );
    }
    const { method, path, query, body } = wireRequest(this.#dialect, route, call);
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    if (beforeSend !== undefined) await beforeSend();
    let heard: HttpAnswer | undefined;
    const wireAnswer = (answer: HttpAnswer): WireAnswer => ({
      httpStatus: answer.httpStatus,
      headers: answer.headers,
      body: answer.body,
      receivedAtMs: Date.now(),
      quote: (text) => quoteWithout(this.#secretsOf(call))(text),
    });
    try {
      heard = await this.#transport.send({
        method,
        path: `${this.#basePath}${path}${search}`,
        headers: body === undefined ? this.#headers : this.#headersWithBody,
        body,
        timeoutMs: timeoutMs ?? defaultTimeoutMs,
        signal,
      });
      return read(call, wireAnswer(heard));
    } catch (error) {
      signal?.throwIfAborted();
      throw failureOf(call, error, (submit) => {
        const begun = heard ?? (error instanceof ExchangeFailed ? error.begun : undefined);
        return begun && this.#jobNamedIn(wireAnswer(begun), submit, body);
      });
    }
  }

  /** Read by the dialect, as if the answer had said this and nothing else: headers tell of the job too. */
  #jobNamedIn(answer: WireAnswer, submit: SubmitCall, sent = ''): NamedJob | undefined {
    const id = isSuccess(answer) ? jobIdNamedIn(answer.body) : undefined;
    // What was sent may come back.
    if (id === undefined || sent.includes(JSON.stringify(id))) return undefined;
    const { jobId, endpointId } = this.#dialect.readJob(submit, { ...answer, body: JSON.stringify({ id }) });
    return { jobId, ...(endpointId !== undefined && { endpointId }) };
  }

  #secretsOf(call: Call): readonly string[] {
    if (!isSubmit(call)) return this.#secrets;
    const { s3Config, webhook } = call.submit;
    return [...this.#secrets, ...stringsIn(s3Config), ...(webhook === undefined ? [] : secretsIn(webhook))];
  }
}

/** Adds to the job that was just read: a copy would cost more than the reading. */
function reported(job: RemoteJob): ReportedJob {
  const { status } = job;
  return Object.assign(job, {
    started: status !== 'IN_QUEUE' && status !== 'UNKNOWN',
    completed: isTerminal(status),
    succeeded: status === 'COMPLETED',
  });
}

/** An `error` is shown to people, unlike an output: a handler that fails may quote what it was given. */
function withoutSecrets(job: RemoteJob, hide: (text: string) => string): RemoteJob {
  return job.error === undefined ? job : { ...job, error: hideIn(job.error, hide) };
}

/** Whoever has the address of a webhook can send one: the whole, and the part that is hard to guess however it is quoted. */
function secretsIn(webhook: string): readonly string[] {
  return [
    webhook,
    ...webhook
      .split('/')
      .slice(-1)
      .filter((part) => part.length >= 16),
  ];
}

function stringsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : [];
}
