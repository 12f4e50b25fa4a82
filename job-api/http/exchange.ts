import type { Dispatcher } from 'undici';
import type { Timed, UnderWay } from './under-way.js';

/** Longest answer that is read. Providers cap outputs at 20 MB; the rest is room for the JSON around them. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** What is kept of one that did not come whole. */
const BEGUN_MAX_BYTES = 64 * 1024;

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** With its query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
  /** For the whole exchange, from the wait for a connection to the last byte of the answer. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

export interface HttpAnswer {
  readonly httpStatus: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
}

/** No whole answer came. What that means depends on the request: {@link sent} tells whether it can have had an effect. */
export class ExchangeFailed extends Error {
  override readonly name = 'ExchangeFailed';
  readonly reason: 'timeout' | 'network' | 'too-large';
  /** False where certainly no byte left: no connection, no name, or no free moment before the timeout. */
  readonly sent: boolean;
  /** What had come of an answer by then: how it begins. */
  readonly begun: HttpAnswer | undefined;

  constructor(
    reason: ExchangeFailed['reason'],
    sent: boolean,
    message: string,
    { cause, begun }: { readonly cause?: unknown; readonly begun?: HttpAnswer | undefined } = {},
  ) {
    super(message, { cause });
    this.reason = reason;
    this.sent = sent;
    this.begun = begun;
  }
}

/** Whoever waits for an exchange. */
export interface ExchangeEnd {
  resolve(answer: HttpAnswer): void;
  /** With {@link ExchangeFailed}, or the signal's own reason. */
  reject(reason: unknown): void;
}

/**
 * One request and its answer, on undici's `dispatch` rather than its `request`: only there does one learn whether the
 * request was handed to a connection, which is what separates "not sent" from "perhaps carried out"; and there an abort
 * takes effect at once even while the connection is still being made.
 */
export class Exchange implements Timed, Dispatcher.DispatchHandler {
  readonly deadlineMs: number;
  readonly #request: HttpRequest;
  readonly #end: ExchangeEnd;
  readonly #underWay: UnderWay<Exchange>;
  readonly #chunks: Buffer[] = [];
  #received = 0;
  #httpStatus: number | undefined;
  #headers: HttpAnswer['headers'] = {};
  #controller: Dispatcher.DispatchController | undefined;
  /** Why it was given up. */
  #givenUp: Error | undefined;
  #abort: (() => void) | undefined;

  constructor(request: HttpRequest, underWay: UnderWay<Exchange>, end: ExchangeEnd) {
    this.deadlineMs = performance.now() + request.timeoutMs;
    this.#request = request;
    this.#underWay = underWay;
    this.#end = end;
  }

  /** Sends the request. Throws the signal's reason where that is aborted already. */
  start(dispatcher: Dispatcher): void {
    const { method, path, headers, body = null, signal } = this.#request;
    if (signal !== undefined) {
      signal.throwIfAborted();
      this.#abort = () => this.#giveUp(signal.reason);
      signal.addEventListener('abort', this.#abort, { once: true });
    }
    this.#underWay.add(this);
    dispatcher.dispatch({ method, path, headers, body }, this);
  }

  expire(): void {
    this.#fail('timeout', `no whole answer within ${this.#request.timeoutMs} ms`);
  }

  /** Called when a connection takes the request, before its first byte is written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#givenUp === undefined) this.#controller = controller;
    else controller.abort(this.#givenUp);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    httpStatus: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (httpStatus < 200) return;
    this.#httpStatus = httpStatus;
    this.#headers = singleValues(headers);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#received += chunk.length;
    if (this.#received > MAX_ANSWER_BYTES) {
      this.#fail('too-large', `the answer is over ${MAX_ANSWER_BYTES} bytes`);
    }
  }

  onResponseEnd(): void {
    const httpStatus = this.#httpStatus;
    if (httpStatus === undefined) {
      this.#fail('network', 'the connection ended without an answer');
      return;
    }
    this.#stop();
    this.#end.resolve({ httpStatus, headers: this.#headers, body: textOf(this.#chunks) });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.#fail('network', describeNetworkError(error), error);
  }

  #fail(reason: ExchangeFailed['reason'], message: string, cause?: unknown): void {
    if (this.#givenUp !== undefined) return;
    const begun = this.#begun();
    this.#giveUp(new ExchangeFailed(reason, this.#controller !== undefined, message, { cause, begun }));
  }

  #begun(): HttpAnswer | undefined {
    const [first] = this.#chunks;
    if (this.#httpStatus === undefined || first === undefined) return undefined;
    // Of a small answer the first chunk is all there is.
    const bytes =
      first.length >= BEGUN_MAX_BYTES ? first : Buffer.concat(this.#chunks, Math.min(this.#received, BEGUN_MAX_BYTES));
    return {
      httpStatus: this.#httpStatus,
      headers: this.#headers,
      body: decoder.decode(bytes.subarray(0, BEGUN_MAX_BYTES)),
    };
  }

  #giveUp(reason: unknown): void {
    if (this.#givenUp !== undefined) return;
    this.#givenUp = reason instanceof Error ? reason : new Error('aborted', { cause: reason });
    this.#stop();
    this.#end.reject(reason);
    this.#controller?.abort(this.#givenUp);
  }

  #stop(): void {
    this.#underWay.delete(this);
    if (this.#abort !== undefined) this.#request.signal?.removeEventListener('abort', this.#abort);
  }
}

/** Those of undici, which is asked for them once, but where a header came twice. */
function singleValues(headers: Readonly<Record<string, string | string[] | undefined>>): HttpAnswer['headers'] {
  for (const name in headers) if (Array.isArray(headers[name])) return joined(headers);
  return headers as HttpAnswer['headers'];
}

function joined(headers: Readonly<Record<string, string | string[] | undefined>>): HttpAnswer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
}

/** One for all: to make a decoder costs more than to decode an answer. */
const decoder = new TextDecoder();

function textOf(chunks: readonly Buffer[]): string {
  const [first] = chunks;
  return decoder.decode(chunks.length === 1 ? first : Buffer.concat(chunks));
}

/** A host with two addresses fails with an error that has a code and no message. */
function describeNetworkError(error: Error & { readonly code?: unknown }): string {
  return error.message || (typeof error.code === 'string' ? error.code : error.name);
}
