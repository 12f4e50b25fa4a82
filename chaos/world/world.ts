/** Everything that runs: the server, the provider, the gate before it, and the workers, each in a process of its own. */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { findTemporalCli } from '../../embedded/index.js';
import { type Gate, openGate } from './gate.js';
import { type Provider, startProvider } from './provider.js';
import { startTemporalServer, type TemporalServer } from './server.js';

export interface World {
  readonly server: TemporalServer;
  readonly client: Client;
  readonly provider: Provider;
  /** The provider's address for everyone but the witness. */
  readonly gate: Gate;
  /** Of this run alone. */
  readonly stateDir: string;
  /** Path of what the processes said. */
  readonly logFile: string;
  /** The same, as a file descriptor for a child. */
  readonly log: number;
  /** Done when the world ends, the last first. */
  onEnd(stop: () => Promise<void>): void;
  /** Ends every process. `keepLog`: what they said is left, for who wants to know why. */
  end(options: { readonly keepLog: boolean }): Promise<void>;
}

export interface WorldOptions {
  readonly endpoints: readonly string[];
  readonly note: (line: string) => void;
  readonly signal: AbortSignal;
}

/** Starts it; where a part does not start, the others are ended. */
export async function startWorld({ endpoints, note, signal }: WorldOptions): Promise<World> {
  const stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-chaos-'));
  const logFile = `${stateDir}.log`;
  const log = await open(logFile, 'a');
  const stops: (() => Promise<void>)[] = [];
  const end = async ({ keepLog }: { readonly keepLog: boolean }) => {
    for (let stop = stops.pop(); stop; stop = stops.pop()) await stop().catch((error: Error) => note(error.message));
    await log.close();
    await rm(stateDir, { recursive: true, force: true });
    if (!keepLog) await rm(logFile, { force: true });
  };
  try {
    const cli = await findTemporalCli({ env: process.env, log: note, signal });
    const server = await startTemporalServer(cli.path, join(stateDir, 'temporal.db'));
    stops.push(() => server.stop());
    const connection = await Connection.connect({ address: server.address });
    stops.push(() => connection.close());
    const provider = await startProvider({ endpoints }, log.fd);
    stops.push(() => provider.stop());
    const gate = await openGate({ port: () => provider.port });
    stops.push(() => gate.close());
    signal.throwIfAborted();
    return {
      ...{ server, provider, gate, stateDir, logFile, log: log.fd, end },
      client: new Client({ connection, namespace: 'default' }),
      onEnd: (stop) => void stops.push(stop),
    };
  } catch (error) {
    await end({ keepLog: !signal.aborted });
    throw error;
  }
}
