import { createHash } from 'node:crypto';
import { ArtifactCorrupt, ArtifactReferenceInvalid, ValueTooLarge } from './errors.js';
import { isDigest } from './reference.js';

export function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Throws {@link ArtifactReferenceInvalid} for what is no digest, before it becomes part of a path. */
export function assertDigest(sha256: string): void {
  if (!isDigest(sha256)) throw new ArtifactReferenceInvalid('an artifact is named by 64 lower-case hex digits');
}

/** Passes a stream on, and knows its digest and size when it is over. */
export class DigestStream {
  readonly #hash = createHash('sha256');
  readonly #maxBytes: number;
  #bytes = 0;

  constructor(maxBytes = Number.POSITIVE_INFINITY) {
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Only once, after the end. */
  digest(): string {
    return this.#hash.digest('hex');
  }

  /** Throws {@link ValueTooLarge} as soon as there are more bytes than allowed. */
  async *pass(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
    for await (const chunk of content) {
      this.#bytes += chunk.byteLength;
      if (this.#bytes > this.#maxBytes) throw new ValueTooLarge(`a file has over ${this.#maxBytes} bytes`);
      this.#hash.update(chunk);
      yield chunk;
    }
  }
}

/** Passes stored bytes on and throws {@link ArtifactCorrupt} at their end where they are not those of the digest. */
export async function* checked(
  content: AsyncIterable<Uint8Array>,
  sha256: string,
  where: string,
): AsyncGenerator<Uint8Array, void> {
  const stream = new DigestStream();
  yield* stream.pass(content);
  if (stream.digest() !== sha256) throw new ArtifactCorrupt(sha256, where);
}
