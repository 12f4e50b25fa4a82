import { type LookupOptions, lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { Agent, type Dispatcher, request } from 'undici';
import { isPublicAddress, whyNotAddresses } from './address-policy.js';
import { CaptureRefused, CaptureUnavailable } from './errors.js';
import { type HostPolicy, isInsecureHost, whyNotUrl, withoutSecrets } from './host-policy.js';

const CONNECT_MS = 10_000;
/** Until the first byte, and between two. */
const IDLE_MS = 30_000;
const MAX_REDIRECTS = 5;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
/** What may go well in a moment. */
const TRANSIENT: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

export interface Download {
  /** As the server says it; undefined where it does not. */
  readonly contentType: string | undefined;
  readonly contentLength: number | undefined;
  /** Rejects with {@link CaptureUnavailable} where it breaks off, and with the signal's reason. */
  readonly body: AsyncIterable<Uint8Array>;
}

/**
 * Opens connections for downloads. An address is looked at when the connection is made, with what the name stands for then:
 * checked before, it could stand for another one by the time that it counts.
 *
 * @param lookup - how names are resolved; that of the system where absent
 */
export class Downloader {
  readonly #policy: HostPolicy;
  readonly #strict: Agent;
  readonly #insecure: Agent;

  constructor(policy: HostPolicy, lookup: LookupFunction = systemLookup as LookupFunction) {
    this.#policy = policy;
    const timeouts = { headersTimeout: IDLE_MS, bodyTimeout: IDLE_MS };
    this.#strict = new Agent({ ...timeouts, connect: { timeout: CONNECT_MS, lookup: publicLookup(lookup) } });
    this.#insecure = new Agent({ ...timeouts, connect: { timeout: CONNECT_MS, lookup } });
  }

  /** @throws {CaptureRefused | CaptureUnavailable}, and the signal's reason */
  async open(address: string, signal: AbortSignal): Promise<Download> {
    let url = address;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
      const { statusCode, headers, body } = await this.#request(url, signal);
      if (statusCode === 200) {
        const { 'content-type': contentType, 'content-length': length } = headers;
        return {
          contentType: typeof contentType === 'string' ? contentType : undefined,
          contentLength: typeof length === 'string' && /^\d+$/.test(length) ? Number(length) : undefined,
          body: whole(body, url, signal),
        };
      }
      // Without this its connection would stay taken.
      await body.dump({ limit: 16_384 }).catch(() => undefined);
      const location = headers.location;
      if (!REDIRECTS.has(statusCode) || typeof location !== 'string' || !URL.canParse(location, url)) {
        const why = `${withoutSecrets(url)} answers ${statusCode}`;
        if (TRANSIENT.has(statusCode)) throw new CaptureUnavailable(why);
        throw new CaptureRefused(
          statusCode === 403 || statusCode === 404 || statusCode === 410 ? `${why}: it has expired, or never was` : why,
        );
      }
      url = new URL(location, url).href;
    }
    throw new CaptureRefused(`${withoutSecrets(address)} redirects more than ${MAX_REDIRECTS} times`);
  }

  async close(): Promise<void> {
    await Promise.all([this.#strict.destroy(), this.#insecure.destroy()]);
  }

  async #request(url: string, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const wrong = whyNotUrl(url, this.#policy);
    if (wrong !== undefined) throw new CaptureRefused(wrong);
    const { hostname } = new URL(url);
    const literal = hostname.replace(/^\[|\]$/g, '');
    const isInsecure = isInsecureHost(url, this.#policy);
    // A name is looked up and judged by the agent; an address is connected to as it stands.
    if (!isInsecure && isIP(literal) !== 0 && !isPublicAddress(literal)) {
      throw new CaptureRefused(`${withoutSecrets(url)} is no public address`);
    }
    try {
      return await request(url, {
        dispatcher: isInsecure ? this.#insecure : this.#strict,
        signal,
        headers: { 'accept-encoding': 'identity', 'user-agent': 'jobrelay' },
      });
    } catch (error) {
      signal.throwIfAborted();
      throw toCaptureError(error, url);
    }
  }
}

/** A lookup that fails where a name stands for an address that is not public. */
function publicLookup(lookup: LookupFunction): LookupFunction {
  return (hostname: string, options: LookupOptions, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found, family) => {
      if (error) return callback(error, '', 0);
      const addresses = Array.isArray(found) ? found : [{ address: found, family: family ?? isIP(found) }];
      const wrong = whyNotAddresses(addresses);
      if (wrong !== undefined) return callback(new CaptureRefused(`${hostname} ${wrong}`), '', 0);
      const [first] = addresses;
      if (options.all === true || first === undefined) return callback(null, addresses, 0);
      return callback(null, first.address, first.family);
    });
  };
}

async function* whole(
  body: Dispatcher.ResponseData['body'],
  url: string,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array, void> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    signal.throwIfAborted();
    throw toCaptureError(error, url);
  }
}

function toCaptureError(error: unknown, url: string): Error {
  if (error instanceof CaptureRefused) return error;
  const { code, cause, message } = Object(error) as NodeJS.ErrnoException;
  if (cause instanceof CaptureRefused) return cause;
  return new CaptureUnavailable(`${withoutSecrets(url)} does not answer: ${code ?? message}`, { cause: error });
}
