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
