import type { Payload, PayloadCodec } from '@temporalio/common';
import type { StoreDriver } from '../../artifacts/index.js';
import { ArtifactCorrupt, ArtifactMissing } from '../../artifacts/index.js';
import { DigestSet } from './digest-set.js';
import { digestsIn, digestsInStream } from './digests-in.js';
import { payloadsIn } from './payloads-in.js';

/** How the converters of Temporal's SDKs write what can be searched as it stands. */
const READABLE: ReadonlySet<string> = new Set([
  'json/plain',
  'json/protobuf',
  'binary/plain',
  'binary/null',
  'binary/protobuf',
]);
const OPENING = /^\s*[[{]/;

/** A payload that is encoded in a way that is not known here, so that it cannot be said what it refers to. */
export class UnreadablePayload extends Error {
  override readonly name = 'UnreadablePayload';

  constructor(encoding: string) {
    super(
      `a run holds a payload with the encoding "${encoding}", and what it refers to cannot be read: nothing was removed; ` +
        'call this where the keys of the codec are',
    );
  }
}

/** Gathers the digests of all that answers of Temporal refer to, and of what that refers to in turn. */
export class Marker {
  readonly #marked = new DigestSet();
  readonly #store: Pick<StoreDriver, 'open'>;
  readonly #codecs: readonly PayloadCodec[];

  constructor(store: Pick<StoreDriver, 'open'>, codecs: readonly PayloadCodec[]) {
    this.#store = store;
    this.#codecs = codecs;
  }

  has(sha256: string): boolean {
    return this.#marked.has(sha256);
  }

  /** @throws {UnreadablePayload}, and what a codec or the store throws: nothing may be removed then. */
  async mark(answer: unknown): Promise<void> {
    for (const payload of payloadsIn(answer)) {
      for (const digest of digestsIn(await this.#bytesOf(payload))) await this.#markAll(digest);
    }
  }

  /** Stored values hold references too: a value of large parts, a list in parts, the pages of a stream. */
  async #markAll(sha256: string): Promise<void> {
    const pending = [sha256];
    for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
      if (!this.#marked.add(next)) continue;
      for await (const digest of this.#digestsOf(next)) if (!this.#marked.has(digest)) pending.push(digest);
    }
  }

  /** Only JSON refers to anything: of a file the first bytes are read, and no more. */
  async *#digestsOf(sha256: string): AsyncGenerator<string, void> {
    try {
      yield* digestsInStream(ifJson(this.#store.open(sha256)));
    } catch (error) {
      // A digest of something else, or an artifact that is gone or damaged: what it led to is not known, nor readable.
      if (!(error instanceof ArtifactMissing || error instanceof ArtifactCorrupt)) throw error;
    }
  }

  async #bytesOf(payload: Payload): Promise<Uint8Array> {
    let payloads = [payload];
    for (const codec of this.#codecs.toReversed()) payloads = await codec.decode(payloads);
    const [decoded] = payloads;
    const encoding = Buffer.from(decoded?.metadata?.encoding ?? []).toString();
    if (!READABLE.has(encoding)) throw new UnreadablePayload(encoding);
    return decoded?.data ?? new Uint8Array();
  }
}

async function* ifJson(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let isFirst = true;
  for await (const chunk of content) {
    if (isFirst && !OPENING.test(Buffer.from(chunk.subarray(0, 256)).toString('latin1'))) return;
    isFirst = false;
    yield chunk;
  }
}
