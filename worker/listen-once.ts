import { ConfigError, type ListenAddress } from '../config/index.js';

/** What listens. */
export interface Listening {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/** Where this process listens, and as what: one address for two things is a mistake that has to be told. */
const taken = new Set<string>();

/**
 * Several workers of one process have one address: the first of them listens, and the others get undefined.
 *
 * @param of the field of the configuration, and the variable that overrides it
 * @throws {ConfigError} where nobody can listen there
 */
export async function listenOnce(
  listen: ListenAddress,
  of: { readonly field: string; readonly variable: string },
  start: (listen: ListenAddress) => Promise<Listening>,
): Promise<Listening | undefined> {
  const addressOf = (port: number) => `${of.field} ${listen.host}:${port}`;
  const wanted = addressOf(listen.port);
  if (taken.has(wanted)) return undefined;
  // Before it listens, for others may be starting. Port 0 is any free one: it is nobody's until it is known.
  if (listen.port !== 0) taken.add(wanted);
  try {
    const { url, port, close } = await start(listen);
    const address = addressOf(port);
    taken.add(address);
    return { url, port, close: () => close().finally(() => taken.delete(address)) };
  } catch (error) {
    taken.delete(wanted);
    throw new ConfigError([`${of.field}: ${whyNotListening(listen, of.variable, error)}`]);
  }
}

function whyNotListening({ host, port }: ListenAddress, variable: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const where = `the worker cannot listen on ${host}:${port}`;
  if (code !== 'EADDRINUSE') return `${where} (${code ?? message})`;
  return `${where}, which is in use; where another worker of this machine does, set ${variable} to another address, or to off`;
}
