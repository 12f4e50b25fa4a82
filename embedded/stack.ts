import { join, resolve } from 'node:path';
import { loadConfig } from '../config/index.js';
import { type EndpointDefinition, startEmulator } from '../emulator/index.js';
import { startWorker } from '../worker/index.js';
import { SEARCH_ATTRIBUTES } from '../workflows/contract.js';
import { type SearchAttributeType, startDevServer } from './dev-server.js';
import { claimPort } from './ports.js';
import { lockState } from './state-lock.js';
import { findTemporalCli } from './temporal-cli.js';

export interface StackOptions {
  /** Keeps the database and the artifacts; made where it is missing. */
  readonly stateDir: string;
  /** Default 7233. 0, here and below: one that is free. */
  readonly temporalPort?: number;
  /** Default 8233. */
  readonly uiPort?: number;
  /** Default 8080. */
  readonly emulatorPort?: number;
  /** Whether the emulator keeps to the providers' documented limits. Default `none`. */
  readonly emulatorLimits?: 'documented' | 'none';
  /** What the emulator serves beside its built-in endpoints. */
  readonly endpoints?: Readonly<Record<string, EndpointDefinition>>;
  /** That of the worker. Default `jobrelay`. */
  readonly taskQueue?: string;
  /** Default: `JOBRELAY_CONFIG`, else `jobrelay.yaml` in `cwd`, else the built-in configuration. */
  readonly configFile?: string;
  /** Default: that of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** Default: that of this process. */
  readonly cwd?: string;
  readonly log: (line: string) => void;
  /** Gives up a start; after it, use {@link Stack.stop}. */
  readonly signal?: AbortSignal;
}

/** A Temporal server, an emulator and a worker that know each other. */
export interface Stack {
  /** Address of Temporal, such as `127.0.0.1:7233`. */
  readonly temporal: string;
  /** Address of Temporal's web UI, such as `http://127.0.0.1:8233`. */
  readonly ui: string;
  /** Address of the emulator, such as `http://127.0.0.1:8080`. */
  readonly emulator: string;
  /** Where the worker listens for webhooks, such as `http://127.0.0.1:8090`; absent where it does not. */
  readonly webhooks?: string;
  /** Resolves once the stack was stopped; rejects where a part of it ends unasked. */
  readonly ended: Promise<void>;
  /** Lets the worker drain, then ends all of it. Runs go on at the next start. */
  stop(): Promise<void>;
}

const ATTRIBUTE_TYPES = { KEYWORD: 'Keyword', KEYWORD_LIST: 'KeywordList', BOOL: 'Bool' } as const satisfies Record<
  string,
  SearchAttributeType
>;

/**
 * Starts Temporal's dev server, the emulator and a worker, and resolves when runs can be started. Where one part fails to start, the
 * others are stopped.
 *
 * @throws {StateInUse} @throws {PortInUse} @throws {TemporalCliNotFound} @throws {DevServerFailed} @throws {ConfigError}
 * @example
 * const stack = await startStack({ stateDir: '.jobrelay', log: console.error });
 * console.log(`Temporal at ${stack.temporal}, its web UI at ${stack.ui}`);
 * await stack.stop();
 */
export async function startStack(options: StackOptions): Promise<Stack> {
  const { env = process.env, cwd = process.cwd(), log, signal } = options;
  const stateDir = resolve(cwd, options.stateDir);
  const stops: (() => Promise<void>)[] = [];
  try {
    stops.push(await lockState(stateDir));

    const emulatorPort = await claimPort({
      port: options.emulatorPort ?? 8080,
      purpose: 'the emulator',
      option: '--emulator-port',
    });
    const { endpoints = {}, emulatorLimits: limits = 'none' } = options;
    const emulator = await startEmulator({ port: emulatorPort, endpoints, limits, log });
    stops.push(() => emulator.close());
    const config = await loadConfig({
      ...(options.configFile !== undefined && { file: options.configFile }),
      env,
      cwd,
      stateDir,
      emulatorUrl: emulator.url,
    });

    const cli = await findTemporalCli({ env, log, ...(signal && { signal }) });
    const server = await startDevServer({
      cliPath: cli.path,
      port: options.temporalPort ?? 7233,
      uiPort: options.uiPort ?? 8233,
      dbFile: join(stateDir, 'temporal.db'),
      searchAttributes: searchAttributes(),
      ...(signal && { signal }),
    });
    stops.push(() => server.stop());
    const worker = await startWorker({
      config,
      temporal: { address: server.address, namespace: 'default', environment: 'ignored' },
      env,
      log,
      ...(options.taskQueue !== undefined && { taskQueue: options.taskQueue }),
    });
    stops.push(() => worker.shutdown());
    signal?.throwIfAborted();

    let stopping: Promise<void> | undefined;
    const stop = () => {
      stopping ??= stopAll(stops);
      return stopping;
    };
    const ended = Promise.race([
      server.ended.then((how) => stopping ?? Promise.reject(new Error(`Temporal's dev server ended (${how})`))),
      worker.done.then(() => stopping ?? Promise.reject(new Error('the worker ended'))),
    ]);
    // Whether anyone watches the parts is the caller's affair.
    ended.catch(() => {});
    return {
      temporal: server.address,
      ui: server.uiUrl,
      emulator: emulator.url,
      ...(worker.webhooks !== undefined && { webhooks: worker.webhooks }),
      ended,
      stop,
    };
  } catch (error) {
    await stopAll(stops).catch((failure: Error) => log(failure.message));
    throw error;
  }
}

function searchAttributes(): Record<string, SearchAttributeType> {
  return Object.fromEntries(Object.entries(SEARCH_ATTRIBUTES).map(([name, type]) => [name, ATTRIBUTE_TYPES[type]]));
}

/** Last started, first stopped. One that does not stop well does not keep the rest up. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (let stop = stops.pop(); stop; stop = stops.pop()) {
    await stop().catch((error: unknown) => failures.push(error));
  }
  if (failures.length > 0) throw new AggregateError(failures, `the stack did not stop cleanly: ${failures.join('; ')}`);
}
