import { type Dispatcher, Pool } from 'undici';

/** Longest answer that is read. Providers cap outputs at 20 MB; the rest is room for the JSON around them. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;

/** Below the 5 s after which many servers drop an idle connection: a POST that meets its close is ambiguous. */
const KEEP_ALIVE_MS = 4_000;
const CONNECT_TIMEOUT_MS = 10_000;

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

  constructor(reason: ExchangeFailed['reason'], sent: boolean, message: string, cause?: unknown) {
    super(message, { cause });
    this.reason = reason;
    this.sent = sent;
  }
}

/** The connections to one provider. */
export interface HttpTransport {
  /** Rejects with {@link ExchangeFailed}, or with the signal's own reason. Nothing is ever sent twice. */
  send(request: HttpRequest): Promise<HttpAnswer>;
  /** Lets requests under way finish, and takes no new ones. */
  close(): Promise<void>;
}

export function createTransport(origin: string): HttpTransport {
  const pool = new Pool(origin, {
    // As many connections as there are requests: the callers bound those, and a read must not queue behind long polls.
    connections: null,
    // One request at a time on each: undici repeats requests that were pipelined behind a failed one.
    pipelining: 1,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
    connect: { timeout: CONNECT_TIMEOUT_MS },
    // The timer of each exchange bounds these; a long poll may be silent for five minutes.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const underWay = new Set<Promise<HttpAnswer>>();
  let closing: Promise<void> | undefined;
  return {
    async send(request) {
      if (closing !== undefined) throw new ExchangeFailed('network', false, 'the client is closed');
      const answer = exchange(pool, request);
      underWay.add(answer);
      try {
        return await answer;
      } finally {
        underWay.delete(answer);
      }
    },
    close() {
      // Not the pool's own `close`: it would also wait for connections that are being made for requests given up since.
      closing ??= Promise.allSettled(underWay).then(() => pool.destroy());
      return closing;
    },
  };
}

/**
 * One request and its answer, on undici's `dispatch` rather than its `request`: only there does one learn whether the
 * request was handed to a connection, which is what separates "not sent" from "perhaps carried out"; and there an abort
 * takes effect at once even while the connection is still being made.
 */
function exchange(dispatcher: Dispatcher, request: HttpRequest): Promise<HttpAnswer> {
  const { method, path, headers, body = null, timeoutMs, signal } = request;
  return new Promise((resolve, reject) => {
    signal?.throwIfAborted();
    const chunks: Buffer[] = [];
    let answer: Pick<HttpAnswer, 'httpStatus' | 'headers'> | undefined;
    let received = 0;
    let controller: Dispatcher.DispatchController | undefined;
    let ended: { readonly reason: Error } | undefined;

    const stop = () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    };
    const fail = (reason: ExchangeFailed['reason'], message: string, cause?: unknown) => {
      end(new ExchangeFailed(reason, controller !== undefined, message, cause));
    };
    const end = (reason: unknown) => {
      if (ended !== undefined) return;
      ended = { reason: reason instanceof Error ? reason : new Error('aborted', { cause: reason }) };
      stop();
      reject(reason);
      controller?.abort(ended.reason);
    };
    const abort = () => end(signal?.reason);
    const timer = setTimeout(() => fail('timeout', `no whole answer within ${timeoutMs} ms`), timeoutMs);
    signal?.addEventListener('abort', abort, { once: true });

    dispatcher.dispatch(
      { method, path, headers, body },
      {
        // Called when a connection takes the request, before its first byte is written.
        onRequestStart(started) {
          if (ended === undefined) controller = started;
          else started.abort(ended.reason);
        },
        onResponseStart(_controller, httpStatus, answerHeaders) {
          if (httpStatus >= 200) answer = { httpStatus, headers: singleValues(answerHeaders) };
        },
        onResponseData(_controller, chunk) {
          chunks.push(chunk);
          received += chunk.length;
          if (received > MAX_ANSWER_BYTES) fail('too-large', `the answer is over ${MAX_ANSWER_BYTES} bytes`);
        },
        onResponseEnd() {
          stop();
          if (answer === undefined) fail('network', 'the connection ended without an answer');
          else resolve({ httpStatus: answer.httpStatus, headers: answer.headers, body: textOf(chunks) });
        },
        onResponseError(_controller, error) {
          fail('network', describeNetworkError(error), error);
        },
      },
    );
  });
}

function singleValues(headers: Readonly<Record<string, string | string[] | undefined>>): HttpAnswer['headers'] {
  const single: Record<string, string | undefined> = {};
  for (const name in headers) {
    const value = headers[name];
    single[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  return single;
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
