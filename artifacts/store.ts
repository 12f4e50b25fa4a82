/** A stored value, by content. `uri` is for people: nothing resolves it. */
export interface ArtifactRef {
  /** Lower-case hex. */
  readonly sha256: string;
  readonly bytes: number;
  readonly mediaType: string;
  /**
   * How the bytes stand in for the JSON value they came from: `json` (the value's JSON text), `text` (a string),
   * `base64` or `data-url` (a string that holds the bytes so encoded).
   */
  readonly encoding: 'json' | 'text' | 'base64' | 'data-url';
  readonly uri?: string;
}

/** Content-addressed storage. Drivers resolve by digest under their own root and nothing else. */
export interface ArtifactStore {
  /** Stores bytes; storing the same bytes twice is one file. Crash-safe: a digest is readable whole or not at all. */
  put(bytes: Uint8Array): Promise<{ readonly sha256: string; readonly uri: string }>;
  /** Reads bytes and checks them against the digest. Rejects with `ArtifactMissing` or `ArtifactCorrupt`. */
  get(sha256: string): Promise<Uint8Array>;
}

/** What a driver can do beyond values: contents of any size, and what it takes to keep house. */
export interface StoreDriver extends ArtifactStore {
  /** Where it keeps them, for messages: a folder, or `s3://bucket/prefix`. */
  readonly location: string;
  /**
   * Stores what comes, of any size and never all of it in memory. Rejects with `ValueTooLarge` as soon as it is over
   * `maxBytes`, and with what `content` throws; nothing is stored then.
   */
  putStream(content: AsyncIterable<Uint8Array>, options?: { readonly maxBytes?: number }): Promise<StoredContent>;
  /** The bytes as they come. Rejects as `get` does, `ArtifactCorrupt` only after the last of them. */
  open(sha256: string): AsyncIterable<Uint8Array>;
  /** Everything stored, in no order. What is stored or removed meanwhile may be there or not. */
  list(): AsyncIterable<StoredArtifact>;
  /** Removes an artifact, unless it is gone or was stored (again) at `before` or later. True where it did. */
  remove(sha256: string, options: { readonly before: Date }): Promise<boolean>;
  /** Removes what writers left behind that were killed before `before`; returns how many bytes that were. */
  sweep(options: { readonly before: Date }): Promise<number>;
  /**
   * An address at which anybody can read the bytes until it expires; rejects with `ArtifactMissing`. Absent: the driver
   * has none.
   */
  presign?(ref: Pick<ArtifactRef, 'sha256' | 'mediaType'>, options: { readonly expiresInMs: number }): Promise<string>;
  close(): Promise<void>;
}

export interface StoredContent {
  readonly sha256: string;
  readonly bytes: number;
  readonly uri: string;
}

export interface StoredArtifact {
  readonly sha256: string;
  readonly bytes: number;
  /** When it was last stored. */
  readonly storedAt: Date;
}

/**
 * An artifact that is stored again counts as new from this age on: whoever removes old ones goes by that age, and must
 * not take one that a run is about to be started with.
 */
export const RENEW_AFTER_MS = 60 * 60_000;
