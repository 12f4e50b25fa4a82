/** What a place may look at. */
export interface CliSearch {
  readonly env: NodeJS.ProcessEnv;
  /** Where a fetched CLI is kept for the next time. */
  readonly cacheDir: string;
  readonly signal?: AbortSignal | undefined;
}

/** A place where the Temporal CLI may be. */
export interface CliPlace {
  readonly source: string;
  /** Said before a place that takes a while. */
  readonly notice?: string;
  /** Path of a candidate, not checked yet. Throws, in one line, why there is none. */
  locate(search: CliSearch): Promise<string>;
}
