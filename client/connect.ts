import { connect as connectSocket } from 'node:net';
import { Connection, type ConnectionOptions } from '@temporalio/client';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { connectionTrouble } from './connection-trouble.js';
import { InvalidSettings, TemporalUnreachable } from './errors.js';
import { translateError } from './translate-error.js';

/** Long enough for a TLS handshake over a bad line, short enough for a person who waits. */
const CONNECT_TIMEOUT_MS = 5_000;

export interface ConnectOptions {
  /** `host:port`. Absent: `TEMPORAL_ADDRESS`, else the active profile of Temporal's own configuration file, else 127.0.0.1:7233. */
  readonly address?: string;
  /** Absent: `TEMPORAL_NAMESPACE`, else the profile's, else `default`. */
  readonly namespace?: string;
  /** `ignored` for a server started here: it speaks neither TLS nor keys, whatever the variables say of another. Default `read`. */
  readonly environment?: 'read' | 'ignored';
}

export interface TemporalConnection {
  readonly connection: Connection;
  readonly address: string;
  readonly namespace: string;
}

/**
 * Connects to Temporal by the standard environment variables (`TEMPORAL_ADDRESS`, `TEMPORAL_NAMESPACE`,
 * `TEMPORAL_API_KEY`, `TEMPORAL_TLS_*`, `TEMPORAL_PROFILE`) and the configuration file that Temporal's own tools read.
 *
 * @throws {TemporalUnreachable} where nothing answers, at once for a closed port of this machine and after 5 s elsewhere.
 * @throws {InvalidSettings} where what is set cannot be used: a certificate that is not there, a profile that does not parse.
 * @throws {AccessDenied} where the server refuses the key or certificate.
 */
export async function connectToTemporal(options: ConnectOptions = {}): Promise<TemporalConnection> {
  const { connectionOptions, namespace: configuredNamespace } = settings(options);
  // A variable that is set to nothing, as by a compose file, is as one that is not set.
  const address = options.address ?? (connectionOptions.address || '127.0.0.1:7233');
  const namespace = options.namespace ?? (configuredNamespace || 'default');
  if (namespace === '') throw new InvalidSettings('the namespace is empty: leave it out, for default, or name one');
  checkPort(address);
  if (await isClosedLocalPort(address)) throw new TemporalUnreachable(address);

  const { tls, apiKey, metadata } = connectionOptions;
  const connection = lazyConnection({
    address,
    connectTimeout: CONNECT_TIMEOUT_MS,
    ...(tls !== undefined && { tls }),
    ...(apiKey !== undefined && { apiKey }),
    ...(metadata !== undefined && { metadata }),
  });
  try {
    await connection.ensureConnected();
  } catch (error) {
    await connection.close();
    const translated = translateError(error, { address, namespace });
    if (!(translated instanceof TemporalUnreachable)) throw translated;
    throw new TemporalUnreachable(address, { cause: error, reason: await connectionTrouble(address, tls) });
  }
  return { connection, address, namespace };
}

/** @throws {InvalidSettings} for a URL, or what else is no address. */
function lazyConnection(options: ConnectionOptions & { readonly address: string }): Connection {
  try {
    return Connection.lazy(options);
  } catch (error) {
    throw noAddress(options.address, { cause: error });
  }
}

/** Node throws where it is asked to try one that there cannot be. */
function checkPort(address: string): void {
  const [, port] = /:(\d+)$/.exec(address) ?? [];
  if (Number(port) > 65_535) throw noAddress(address);
}

function noAddress(address: string, options?: ErrorOptions): InvalidSettings {
  const message = `${JSON.stringify(address)} is no address of a Temporal server: give host:port, such as 127.0.0.1:7233`;
  return new InvalidSettings(message, options);
}

type Settings = ReturnType<typeof loadClientConnectConfig>;

function settings({ environment = 'read' }: ConnectOptions): Settings {
  if (environment === 'ignored') return { connectionOptions: {} };
  try {
    return loadClientConnectConfig();
  } catch (error) {
    throw new InvalidSettings(describeSettingsError(error), { cause: error });
  }
}

function describeSettingsError(error: unknown): string {
  const { message, path } = error as NodeJS.ErrnoException;
  const variable = Object.entries(process.env).find(([name, value]) => /^TEMPORAL_/.test(name) && value === path)?.[0];
  return variable === undefined
    ? `what is set of Temporal cannot be used (${message}): check the TEMPORAL_* variables and the profile in temporal.toml`
    : `${variable} names a file that cannot be read (${message})`;
}

/** gRPC keeps knocking at a closed port until its timeout; on this machine a refusal is final, so say so at once. */
async function isClosedLocalPort(address: string): Promise<boolean> {
  const { host, port } = /^(?<host>localhost|127\.0\.0\.1|\[::1\]):(?<port>\d+)$/.exec(address)?.groups ?? {};
  if (host === undefined || port === undefined) return false;
  return new Promise((resolve) => {
    const socket = connectSocket({ host: host.replace(/[[\]]/g, ''), port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      // Of a name with two addresses, both must refuse: the error is then an AggregateError with the same code.
      resolve(error.code === 'ECONNREFUSED');
    });
  });
}
