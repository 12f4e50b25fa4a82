import { Pool } from 'undici';
import { Exchange, ExchangeFailed, type HttpAnswer, type HttpRequest } from './exchange.js';
import { UnderWay } from './under-way.js';

/** Below the 5 s after which many servers drop an idle connection: a POST that meets its close is ambiguous. */
const KEEP_ALIVE_MS = 4_000;
const CONNECT_TIMEOUT_MS = 10_000;

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
    // Each exchange has a deadline; a long poll may be silent for five minutes.
    headersTimeout: 0,
    bodyTimeout: 0,
  });
  const underWay = new UnderWay<Exchange>();
  let closing: Promise<void> | undefined;
  return {
    send(request) {
      return new Promise((resolve, reject) => {
        if (closing !== undefined) throw new ExchangeFailed('network', false, 'the client is closed');
        new Exchange(request, underWay, { resolve, reject }).start(pool);
      });
    },
    close() {
      // Not the pool's own `close`: it would also wait for connections that are being made for requests given up since.
      closing ??= underWay.drained().then(() => pool.destroy());
      return closing;
    },
  };
}
