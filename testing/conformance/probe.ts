import type { Dialect, Routes, WireAnswer } from '../../job-api/dialect.js';
import { DIALECTS } from '../../job-api/dialects/index.js';
import { failureOf } from '../../job-api/failure.js';
import type { Call, JobAnswerCall, Operation } from '../../job-api/http/call.js';
import { createTransport, type HttpTransport } from '../../job-api/http/http.js';
import { quoteWithout } from '../../job-api/http/quote.js';
import { wireRequest } from '../../job-api/http/request.js';
import type {
  EndpointHealth,
  JobApiError,
  JobApiOptions,
  RemoteJob,
  StreamRead,
  SubmitRequest,
} from '../../job-api/index.js';
import { checkApiKey, checkOverrides, headerWith, parseBaseUrl } from '../../job-api/provider.js';
import { authOf, routesOf } from '../../job-api/routes.js';

/** A submit, or a status read, that is answered later than this is not answered. */
const TIMEOUT_MS = 30_000;

/** What one request came to: as the client reads it, and how it was answered on the wire. */
export interface Exchange<T> {
  readonly outcome:
    | { readonly kind: 'value'; readonly value: T }
    | { readonly kind: 'error'; readonly error: JobApiError };
  /** Absent: there was no whole answer. */
  readonly httpStatus?: number;
  readonly elapsedMs: number;
}

/** Where a job is. */
export interface JobPlace {
  readonly endpointId: string;
  readonly jobId: string;
}

/**
 * Asks a deployment by its dialect as the client does, but for what the client refuses by itself: a body that is too large
 * is sent. Rejects with nothing but what is no answer: the abort of `signal`, and wrong settings.
 */
export class Probe {
  readonly dialect: Dialect;
  readonly #routes: Routes;
  readonly #transport: HttpTransport;
  readonly #basePath: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #apiKey: string | undefined;
  readonly #signal: AbortSignal | undefined;

  /** Throws `InvalidRequest` and `Unauthorized` as `createJobApi` does. */
  constructor({ provider, apiKey, userAgent = 'jobrelay-conformance' }: JobApiOptions, signal?: AbortSignal) {
    const dialect = DIALECTS[provider.dialect];
    const base = parseBaseUrl(provider, dialect);
    checkOverrides(provider, dialect);
    checkApiKey(apiKey, provider.name);
    this.dialect = dialect;
    this.#routes = routesOf(dialect, provider.operations);
    this.#transport = createTransport(base.origin);
    this.#basePath = base.pathname.replace(/\/+$/, '');
    this.#apiKey = apiKey;
    this.#signal = signal;
    this.#headers = {
      accept: 'application/json',
      'user-agent': userAgent,
      ...(apiKey !== undefined && headerWith(apiKey, authOf(dialect, provider.auth))),
    };
  }

  /** Whether the dialect, as overridden, has a request for it. */
  has(operation: Operation): boolean {
    return this.#routes[operation] !== undefined;
  }

  run(endpointId: string, submit: SubmitRequest): Promise<Exchange<RemoteJob>> {
    return this.#job({ operation: 'run', endpointId, submit });
  }

  runSync(endpointId: string, submit: SubmitRequest, waitMs: number): Promise<Exchange<RemoteJob>> {
    return this.#job({ operation: 'runSync', endpointId, submit, waitMs });
  }

  status(place: JobPlace): Promise<Exchange<RemoteJob>> {
    return this.#job({ operation: 'status', ...place });
  }

  statusSync(place: JobPlace, waitMs: number): Promise<Exchange<RemoteJob>> {
    return this.#job({ operation: 'statusSync', ...place, waitMs });
  }

  cancel(place: JobPlace): Promise<Exchange<RemoteJob>> {
    return this.#job({ operation: 'cancel', ...place });
  }

  retry(place: JobPlace): Promise<Exchange<RemoteJob>> {
    return this.#job({ operation: 'retry', ...place });
  }

  stream(place: JobPlace, waitMs: number): Promise<Exchange<StreamRead>> {
    const call: Call = { operation: 'stream', ...place, waitMs };
    return this.#ask(call, (answer) => this.dialect.readStream(call, answer));
  }

  purge(endpointId: string): Promise<Exchange<{ readonly removed: number }>> {
    const call: Call = { operation: 'purgeQueue', endpointId };
    return this.#ask(call, (answer) => this.dialect.readPurge(call, answer));
  }

  health(endpointId: string): Promise<Exchange<EndpointHealth>> {
    const call: Call = { operation: 'health', endpointId };
    return this.#ask(call, (answer) => this.dialect.readHealth(call, answer));
  }

  close(): Promise<void> {
    return this.#transport.close();
  }

  #job(call: JobAnswerCall): Promise<Exchange<RemoteJob>> {
    return this.#ask(call, (answer) => this.dialect.readJob(call, answer));
  }

  async #ask<T>(call: Call, read: (answer: WireAnswer) => T): Promise<Exchange<T>> {
    const route = this.#routes[call.operation];
    if (route === undefined) throw new RangeError(`the dialect has no ${call.operation}`);
    const unbounded = { ...this.dialect, maxBodyBytes: { run: Infinity, runSync: Infinity } };
    const { method, path, query, body } = wireRequest(unbounded, route, call);
    const began = performance.now();
    let httpStatus: number | undefined;
    const exchanged = (outcome: Exchange<T>['outcome']): Exchange<T> => ({
      outcome,
      ...(httpStatus !== undefined && { httpStatus }),
      elapsedMs: performance.now() - began,
    });
    try {
      const answer = await this.#transport.send({
        method,
        path: `${this.#basePath}${path}${query === undefined ? '' : `?${new URLSearchParams(query)}`}`,
        headers: { ...this.#headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
        body,
        timeoutMs: TIMEOUT_MS + ('waitMs' in call ? call.waitMs : 0),
        // A submit is not broken off: its answer names the job that is to be cancelled then.
        signal: call.operation === 'run' || call.operation === 'runSync' ? undefined : this.#signal,
      });
      httpStatus = answer.httpStatus;
      const quote = quoteWithout(this.#apiKey === undefined ? [] : [this.#apiKey]);
      return exchanged({ kind: 'value', value: read({ ...answer, receivedAtMs: Date.now(), quote }) });
    } catch (error) {
      this.#signal?.throwIfAborted();
      return exchanged({ kind: 'error', error: failureOf(call, error) });
    }
  }
}

/** What was seen, for a report. */
export function describeExchange(exchange: Exchange<unknown>): string {
  const { outcome } = exchange;
  if (outcome.kind === 'error') return `${outcome.error.code}: ${outcome.error.message}`;
  const text = JSON.stringify(outcome.value);
  return text.length <= 200 ? text : `${text.slice(0, 199)}…`;
}

/** True where it was refused with this code. */
export function isRefused({ outcome }: Exchange<unknown>, code: JobApiError['code']): boolean {
  return outcome.kind === 'error' && outcome.error.code === code;
}

/** True where nothing answers on the path: of a job, or an endpoint, that is known to be there. */
export function isRouteMissing({ httpStatus }: Exchange<unknown>): boolean {
  return httpStatus === 404 || httpStatus === 405 || httpStatus === 501;
}
