import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { claimPort, LOOPBACK } from './ports.js';
import { type SupervisedProcess, spawnSupervised } from './supervised-process.js';

/** Type of a search attribute, as the command line of the CLI names it. */
export type SearchAttributeType = 'Text' | 'Keyword' | 'Int' | 'Double' | 'Bool' | 'Datetime' | 'KeywordList';

export interface DevServerOptions {
  /** The Temporal CLI: see {@link findTemporalCli}. */
  readonly cliPath: string;
  /** Default 0: one that is free. */
  readonly port?: number;
  /** Default: no web UI. 0: one that is free. */
  readonly uiPort?: number;
  /** Database, kept between starts; its folder must be there. Default: in memory. */
  readonly dbFile?: string;
  /** Default `default`. */
  readonly namespace?: string;
  /** Those that runs can have from the first on. */
  readonly searchAttributes?: Readonly<Record<string, SearchAttributeType>>;
  /** Gives up a start; after it, use {@link DevServer.stop}. */
  readonly signal?: AbortSignal;
}

export interface DevServer {
  /** Host and port of its gRPC. */
  readonly address: string;
  readonly uiUrl?: string;
  readonly pid: number;
  /** Resolves to how it ended, asked to or not. */
  readonly ended: Promise<string>;
  stop(): Promise<void>;
}

/** The server did not start. The message ends with what it said last. */
export class DevServerFailed extends Error {
  override readonly name = 'DevServerFailed';
}

const READY_TIMEOUT_MS = 30_000;

/** Starts on a free port may meet another program that takes the port first. */
const FREE_PORT_TRIES = 3;

/**
 * Starts Temporal's dev server on 127.0.0.1, and resolves when it answers and its namespace is there. It ends with this process,
 * however that ends.
 *
 * @throws {PortInUse} @throws {DevServerFailed}
 * @example
 * const server = await startDevServer({ cliPath: (await findTemporalCli({ env: process.env, log: console.error })).path });
 * const connection = await Connection.connect({ address: server.address });
 */
export async function startDevServer(
  options: DevServerOptions & { readonly uiPort: number },
): Promise<DevServer & { readonly uiUrl: string }>;
export async function startDevServer(options: DevServerOptions): Promise<DevServer>;
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const triesAgain = !options.port && !options.uiPort;
  for (let tries = 1; ; tries += 1) {
    try {
      return await startOnce(options);
    } catch (error) {
      const portTaken = error instanceof DevServerFailed && error.message.includes('address already in use');
      if (!portTaken || !triesAgain || tries === FREE_PORT_TRIES) throw error;
    }
  }
}

async function startOnce(options: DevServerOptions): Promise<DevServer> {
  const { cliPath, namespace = 'default', signal } = options;
  signal?.throwIfAborted();
  const port = await claimPort({
    port: options.port ?? 0,
    purpose: "Temporal's dev server",
    option: '--temporal-port',
  });
  const uiPort =
    options.uiPort === undefined
      ? undefined
      : await claimPort({ port: options.uiPort, purpose: "Temporal's web UI", option: '--ui-port' });

  const server = await spawnSupervised(cliPath, serverArgs({ ...options, namespace }, port, uiPort)).catch(
    (error: Error) => {
      throw new DevServerFailed(`${cliPath} cannot be started: ${error.message}`);
    },
  );
  try {
    await ready(server, port, namespace, signal);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    address: `${LOOPBACK}:${port}`,
    ...(uiPort !== undefined && { uiUrl: `http://${LOOPBACK}:${uiPort}` }),
    pid: server.pid,
    ended: server.ended,
    stop: () => server.stop(),
  };
}

function serverArgs(
  { dbFile, namespace, searchAttributes = {} }: DevServerOptions & { readonly namespace: string },
  port: number,
  uiPort: number | undefined,
): string[] {
  // Measured on 2 cores, a workflow of two activities: 150 ms with the default of 20 polls a second, which makes every hop wait
  // 50 ms; 50 ms with 200. At 2,000 throughput falls.
  const dynamic = [
    'history.transferProcessorMaxPollRPS=200',
    'history.timerProcessorMaxPollRPS=200',
    'frontend.enableServerVersionCheck=false',
    // The server looks up in its database which search attributes there are, ten times for a run of one workflow task: a tenth of
    // its processor time. One that is added later is known two seconds after that (measured), and not at once.
    ...(Object.keys(searchAttributes).length > 0 ? ['system.forceSearchAttributesCacheRefreshOnRead=false'] : []),
  ];
  // 11 such workflows a second with the plain file, 32 to 39 so. Loses at most the last moments of a machine that loses power.
  const pragmas = dbFile === undefined ? [] : ['journal_mode=wal', 'synchronous=normal'];
  const attributes = Object.entries(searchAttributes).map(([name, type]) => `${name}=${type}`);
  return [
    ...['server', 'start-dev', '--ip', LOOPBACK, '--port', String(port)],
    ...(uiPort === undefined ? ['--headless'] : ['--ui-ip', LOOPBACK, '--ui-port', String(uiPort)]),
    ...['--namespace', namespace, '--log-level', 'error'],
    ...(dbFile === undefined ? [] : ['--db-filename', dbFile]),
    ...pragmas.flatMap((pragma) => ['--sqlite-pragma', pragma]),
    ...dynamic.flatMap((value) => ['--dynamic-config-value', value]),
    ...attributes.flatMap((attribute) => ['--search-attribute', attribute]),
  ];
}

/** Throws {@link DevServerFailed} where the server ends, or takes too long. */
async function ready(server: SupervisedProcess, port: number, namespace: string, signal?: AbortSignal): Promise<void> {
  const limit = AbortSignal.timeout(READY_TIMEOUT_MS);
  const waiting = new AbortController();
  const giveUp = AbortSignal.any([waiting.signal, limit, ...(signal ? [signal] : [])]);
  const failed = server.ended.then((how) => {
    throw new DevServerFailed(withOutput(`Temporal's dev server ended while it started (${how})`, server));
  });
  try {
    await Promise.race([failed, answers(port, namespace, giveUp)]);
  } catch (error) {
    signal?.throwIfAborted();
    if (!limit.aborted) throw error;
    throw new DevServerFailed(
      withOutput(`Temporal's dev server was not ready within ${READY_TIMEOUT_MS / 1000} s`, server),
    );
  } finally {
    waiting.abort();
    // It will end some day, which is then no failure to start.
    failed.catch(() => {});
  }
}

function withOutput(what: string, server: SupervisedProcess): string {
  const output = server.lastLines();
  return output === '' ? what : `${what}. It said last:\n${output}`;
}

async function answers(port: number, namespace: string, giveUp: AbortSignal): Promise<void> {
  // gRPC waits a second after a refused connection, longer than the whole start takes: so the port is tried first.
  while (!(await accepts(port))) await sleep(20, undefined, { signal: giveUp });
  for (;;) {
    try {
      const connection = await Connection.connect({ address: `${LOOPBACK}:${port}` });
      try {
        await connection.withAbortSignal(giveUp, () => connection.workflowService.describeNamespace({ namespace }));
        return;
      } finally {
        await connection.close();
      }
    } catch {
      await sleep(20, undefined, { signal: giveUp });
    }
  }
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, LOOPBACK);
  return once(socket, 'connect')
    .then(
      () => true,
      () => false,
    )
    .finally(() => socket.destroy());
}
