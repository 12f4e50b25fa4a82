import { type Call, isSubmit, type JobAnswerCall, type Operation } from './call.js';
import type { Dialect, WireAnswer } from './dialect.js';
import { runpod } from './dialects/runpod.js';
import { InvalidRequest, Unauthorized } from './errors.js';
import { failureOf } from './failure.js';
import { createTransport, type HttpTransport } from './http.js';
import type { EndpointHealth, RemoteJob, StreamRead, SubmitRequest } from './job.js';
import type { CallOptions, JobApi, WaitOptions } from './job-api.js';
import type { JsonValue } from './json.js';
import { quoteWithout } from './quote.js';

/** For `run`, and for `runSync` beyond its wait. Long: to give up on a submit is to leave its fate open. */
export const SUBMIT_TIMEOUT_MS = 30_000;
/** For everything else, beyond the wait of those that wait. */
export const READ_TIMEOUT_MS = 10_000;
/** How long the provider holds a `runSync` or `statusSync` where the caller does not say; its own default too. */
export const SYNC_WAIT_MS = 90_000;
/** How long the provider holds a `stream` read that finds nothing; its own default too. */
export const STREAM_WAIT_MS = 10_000;

const DIALECTS = { runpod } satisfies Record<string, Dialect>;

export interface JobApiOptions {
  readonly provider: {
    /** What messages call it. */
    readonly name: string;
    readonly dialect: keyof typeof DIALECTS;
    /** Without a trailing slash; for RunPod up to and with `/v2`. */
    readonly baseUrl: string;
  };
  /** Absent: none is sent, as for an emulator. */
  readonly apiKey?: string | undefined;
  readonly userAgent?: string;
}

/**
 * Connects to a job API. Throws `InvalidRequest` for a base URL, and `Unauthorized` for a key, that can't be one.
 *
 * @example
 * const api = createJobApi({
 *   provider: { name: 'runpod', dialect: 'runpod', baseUrl: 'https://api.runpod.ai/v2' },
 *   apiKey: process.env.RUNPOD_API_KEY,
 * });
 * const { jobId } = await api.run('abc123', { input: { prompt: 'a red boat' } });
 * const job = await api.statusSync('abc123', jobId, { waitMs: 60_000 });
 * await api.close();
 */
export function createJobApi(options: JobApiOptions): JobApi {
  return new HttpJobApi(options);
}

class HttpJobApi implements JobApi {
  readonly unsupported: ReadonlySet<Operation>;
  readonly maxBodyBytes: number;
  readonly #dialect: Dialect;
  readonly #transport: HttpTransport;
  readonly #basePath: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #apiKey: string | undefined;
  readonly #provider: string;

  constructor({ provider, apiKey, userAgent = 'jobrelay' }: JobApiOptions) {
    const base = parseBaseUrl(provider);
    checkApiKey(apiKey, provider.name);
    this.#provider = provider.name;
    this.#dialect = DIALECTS[provider.dialect];
    this.unsupported = this.#dialect.unsupported;
    this.maxBodyBytes = this.#dialect.maxBodyBytes;
    this.#transport = createTransport(base.origin);
    this.#basePath = base.pathname.replace(/\/+$/, '');
    this.#apiKey = apiKey;
    this.#headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(apiKey !== undefined && this.#dialect.authorization(apiKey)),
    };
  }

  run(endpointId: string, submit: SubmitRequest, options?: CallOptions): Promise<RemoteJob> {
    return this.#job({ operation: 'run', endpointId, submit }, options, SUBMIT_TIMEOUT_MS);
  }

  runSync(endpointId: string, submit: SubmitRequest, options?: WaitOptions): Promise<RemoteJob> {
    const waitMs = options?.waitMs ?? SYNC_WAIT_MS;
    return this.#job({ operation: 'runSync', endpointId, submit, waitMs }, options, SUBMIT_TIMEOUT_MS + waitMs);
  }

  status(endpointId: string, jobId: string, options?: CallOptions): Promise<RemoteJob> {
    return this.#job({ operation: 'status', endpointId, jobId }, options, READ_TIMEOUT_MS);
  }

  statusSync(endpointId: string, jobId: string, options?: WaitOptions): Promise<RemoteJob> {
    const waitMs = options?.waitMs ?? SYNC_WAIT_MS;
    return this.#job({ operation: 'statusSync', endpointId, jobId, waitMs }, options, READ_TIMEOUT_MS + waitMs);
  }

  stream(endpointId: string, jobId: string, options?: WaitOptions): Promise<StreamRead> {
    const waitMs = options?.waitMs ?? STREAM_WAIT_MS;
    const call: Call = { operation: 'stream', endpointId, jobId, waitMs };
    return this.#ask(call, (answer) => this.#dialect.readStream(call, answer), options, READ_TIMEOUT_MS + waitMs);
  }

  cancel(endpointId: string, jobId: string, options?: CallOptions): Promise<RemoteJob> {
    return this.#job({ operation: 'cancel', endpointId, jobId }, options, READ_TIMEOUT_MS);
  }

  /** `Unavailable` does not mean that nothing happened: repeating it may put a job that failed since back once more. */
  retry(endpointId: string, jobId: string, options?: CallOptions): Promise<RemoteJob> {
    return this.#job({ operation: 'retry', endpointId, jobId }, options, READ_TIMEOUT_MS);
  }

  /** `Unavailable` does not mean that nothing happened: repeating it may remove jobs that were queued since. */
  purgeQueue(endpointId: string, options?: CallOptions): Promise<{ readonly removed: number }> {
    const call: Call = { operation: 'purgeQueue', endpointId };
    return this.#ask(call, (answer) => this.#dialect.readPurge(call, answer), options, READ_TIMEOUT_MS);
  }

  health(endpointId: string, options?: CallOptions): Promise<EndpointHealth> {
    const call: Call = { operation: 'health', endpointId };
    return this.#ask(call, (answer) => this.#dialect.readHealth(call, answer), options, READ_TIMEOUT_MS);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #job(call: JobAnswerCall, options: CallOptions | undefined, timeoutMs: number): Promise<RemoteJob> {
    return this.#ask(call, (answer) => this.#dialect.readJob(call, answer), options, timeoutMs);
  }

  async #ask<T>(
    call: Call,
    read: (answer: WireAnswer) => T,
    { signal, timeoutMs }: CallOptions = {},
    defaultTimeoutMs: number,
  ): Promise<T> {
    signal?.throwIfAborted();
    if (this.unsupported.has(call.operation)) {
      throw new InvalidRequest(
        `provider ${JSON.stringify(this.#provider)} has no ${call.operation}: its dialect is ${this.#dialect.name}`,
      );
    }
    const { method, path, query, headers, body } = this.#dialect.request(call);
    const search = query === undefined ? '' : `?${new URLSearchParams(query)}`;
    try {
      const answer = await this.#transport.send({
        method,
        path: `${this.#basePath}${path}${search}`,
        headers: { ...this.#headers, ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        body,
        timeoutMs: timeoutMs ?? defaultTimeoutMs,
        signal,
      });
      return read({ ...answer, receivedAtMs: Date.now(), quote: quoteWithout(this.#secretsOf(call)) });
    } catch (error) {
      signal?.throwIfAborted();
      throw failureOf(call, error);
    }
  }

  #secretsOf(call: Call): readonly string[] {
    const key = this.#apiKey === undefined ? [] : [this.#apiKey];
    return isSubmit(call) ? [...key, ...stringsIn(call.submit.s3Config)] : key;
  }
}

function parseBaseUrl({ name, baseUrl }: JobApiOptions['provider']): URL {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new InvalidRequest(`baseUrl of provider ${JSON.stringify(name)} is not an http or https URL`);
  }
  if (url.username || url.password || url.search || url.hash) {
    throw new InvalidRequest(`baseUrl of provider ${JSON.stringify(name)} must be an origin and a path, nothing more`);
  }
  return url;
}

/** A key read from a file often ends in a line break, which no header may hold. */
function checkApiKey(apiKey: string | undefined, provider: string): void {
  if (apiKey === undefined || /^[\x21-\x7e]+$/.test(apiKey)) return;
  throw new Unauthorized(
    `the API key of provider ${JSON.stringify(provider)} is empty, or holds a space, a line break or another character that a key can't have`,
  );
}

function stringsIn(value: JsonValue | undefined): readonly string[] {
  if (typeof value === 'string') return [value];
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(stringsIn) : [];
}
