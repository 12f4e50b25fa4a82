import type { Command } from 'commander';
import type { ArtifactStore, StoreDriver } from '../artifacts/index.js';
import type { JobRelayClient } from '../client/client.js';
import type { ConnectOptions, TemporalConnection } from '../client/connect.js';
import { type Config, loadConfig } from '../config/index.js';
import { createOutput, type Output, type OutputStreams } from './output.js';

/** The process around the command line, given by `main`. */
export interface CliProcess extends OutputStreams {
  readonly stdin: NodeJS.ReadableStream & { readonly isTTY?: boolean };
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly signals: Pick<NodeJS.EventEmitter, 'on' | 'off'>;
  readonly now: () => number;
  readonly exit: (code: number) => void;
}

/** Options that every command has. */
interface GlobalOptions {
  readonly json?: boolean;
  readonly config?: string;
  readonly address?: string;
  readonly namespace?: string;
  readonly taskQueue: string;
  readonly state: string;
  readonly verbose?: boolean;
}

/** What a command works with. */
export interface Session {
  readonly process: CliProcess;
  readonly output: Output;
  /** Stacks of errors are wanted. */
  readonly verbose: boolean;
  /** Folder of the embedded stack, as given. */
  readonly stateDir: string;
  readonly configFile: string | undefined;
  readonly temporal: { readonly address?: string; readonly namespace?: string };
  readonly taskQueue: string;
  /** @throws {ConfigError} */
  loadConfig(): Promise<Config>;
  /**
   * The artifact store of the configuration: the one that a worker with the same configuration uses.
   *
   * @throws {ConfigError}
   */
  openStore(): Promise<StoreDriver>;
  /**
   * @param at where, other than the options of the command say.
   * @throws {TemporalUnreachable | AccessDenied}
   */
  openClient(store?: ArtifactStore, at?: ConnectOptions): Promise<OpenClient>;
}

export interface OpenClient extends TemporalConnection {
  readonly client: JobRelayClient;
  close(): Promise<void>;
}

export function createSession(command: Command, process: CliProcess): Session {
  const {
    json = false,
    verbose = Boolean(process.env.DEBUG),
    config,
    address,
    namespace,
    taskQueue,
    state,
  } = command.optsWithGlobals<GlobalOptions>();
  const temporal = { ...(address !== undefined && { address }), ...(namespace !== undefined && { namespace }) };
  const load = () =>
    loadConfig({ env: process.env, cwd: process.cwd, stateDir: state, ...(config !== undefined && { file: config }) });
  return {
    process,
    output: createOutput(process, json),
    verbose,
    stateDir: state,
    configFile: config,
    temporal,
    taskQueue,
    loadConfig: load,
    // Loaded late: Temporal's client takes longer to load than `--help` and a wrong option take altogether.
    async openStore() {
      const { artifacts } = await load();
      const { createStore } = await import('../artifacts/index.js');
      return createStore(artifacts, process.env);
    },
    async openClient(store, at = temporal) {
      const { connectToTemporal, createClient, ENCRYPTION_VARIABLE } = await import('./temporal-client.js');
      const opened = await connectToTemporal(at);
      const encryptionKeys = process.env[ENCRYPTION_VARIABLE] ?? '';
      const client = await createClient({ ...opened, taskQueue, encryptionKeys, ...(store && { artifacts: store }) });
      return { ...opened, client, close: () => opened.connection.close() };
    },
  };
}
