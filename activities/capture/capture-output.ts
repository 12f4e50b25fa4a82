import { setTimeout as delay } from 'node:timers/promises';
import { createLimiter, isMediaType, referenceTo, type StoreDriver, ValueTooLarge } from '../../artifacts/index.js';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import type { Downloader } from './download.js';
import { CaptureRefused, CaptureUnavailable } from './errors.js';
import { withoutSecrets } from './host-policy.js';
import { type OutputPath, replaceAt } from './output-paths.js';
import { expiryOf } from './url-expiry.js';

/** Downloads at once for one output. */
const AT_ONCE = 4;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 8_000;

export interface CaptureOptions {
  readonly paths: readonly OutputPath[];
  readonly maxBytes: number;
  /** Until when a URL is asked that does not say by itself when it expires; in milliseconds since the epoch. */
  readonly livesUntil: number;
  /** When this attempt has to end, whatever may come of another. */
  readonly deadline: number;
  /** When it breaks off a download that goes on all the same: a body that never pauses for long may come forever. */
  readonly breakOffAt: number;
  readonly signal: AbortSignal;
  readonly downloader: Pick<Downloader, 'open'>;
  readonly store: StoreDriver;
}

/** An output with what its URLs led to, and the references to that, by which they are told from data. */
export interface CapturedOutput {
  readonly output: JsonValue;
  readonly references: ReadonlySet<JsonObject>;
}

/**
 * Stores what the URLs at the paths lead to, and puts references in their place. Other values there stay as they are.
 *
 * @throws {CaptureRefused} where a result can't be had, {@link CaptureUnavailable} where another attempt may have it
 */
export async function captureOutput(output: JsonValue, options: CaptureOptions): Promise<CapturedOutput> {
  const limited = createLimiter(AT_ONCE);
  const references = new Set<JsonObject>();
  const fetched = new Map<string, Promise<JsonObject>>();
  const over = new AbortController();
  const whileOwned = { ...options, signal: AbortSignal.any([options.signal, over.signal]) };
  try {
    const captured = await replaceAt(output, options.paths, async (value, place) => {
      if (typeof value !== 'string' || !/^https?:\/\//i.test(value)) return value;
      const fetching = fetched.get(value) ?? limited(() => fetchOne(value, place, whileOwned));
      fetched.set(value, fetching);
      const reference = await fetching;
      references.add(reference);
      return reference;
    });
    return { output: captured, references };
  } finally {
    // Where one failed, nobody is left who would want the others.
    over.abort();
  }
}

async function fetchOne(url: string, place: string, options: CaptureOptions): Promise<JsonObject> {
  const until = expiryOf(url) ?? options.livesUntil;
  const late = AbortSignal.timeout(Math.max(0, options.breakOffAt - Date.now()));
  const inTime = { ...options, signal: AbortSignal.any([options.signal, late]) };
  for (let attempt = 0; ; attempt++) {
    try {
      return await store(url, inTime);
    } catch (caught) {
      options.signal.throwIfAborted();
      const error = caught === late.reason ? new CaptureUnavailable(`${withoutSecrets(url)} takes too long`) : caught;
      if (error instanceof CaptureRefused) throw new CaptureRefused(`${place}: ${error.message}`, { cause: error });
      if (!(error instanceof CaptureUnavailable)) throw error;
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** attempt, MAX_PAUSE_MS);
      const message = `${place}: ${error.message}`;
      if (Date.now() + pauseMs > until) throw new CaptureRefused(`${message}, until it expired`, { cause: error });
      if (Date.now() + pauseMs > options.deadline) throw new CaptureUnavailable(message, { cause: error });
      await delay(pauseMs, undefined, { signal: options.signal });
    }
  }
}

async function store(url: string, { downloader, maxBytes, store, signal }: CaptureOptions): Promise<JsonObject> {
  const { contentType, contentLength, body } = await downloader.open(url, signal);
  const tooLarge = () =>
    new CaptureRefused(`${withoutSecrets(url)} has over ${maxBytes} bytes: raise capture.maxMiB if it may`);
  if (contentLength !== undefined && contentLength > maxBytes) {
    // Ends the connection, unread.
    await body[Symbol.asyncIterator]().return?.();
    throw tooLarge();
  }
  try {
    const { sha256, bytes, uri } = await store.putStream(body, { maxBytes });
    return referenceTo({ sha256, bytes, uri, mediaType: mediaTypeOf(contentType), encoding: 'base64' });
  } catch (error) {
    throw error instanceof ValueTooLarge ? tooLarge() : error;
  }
}

function mediaTypeOf(contentType: string | undefined): string {
  const essence = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? '';
  return isMediaType(essence) ? essence : 'application/octet-stream';
}
