/** Addresses at which a worker listens. */
import { z } from 'zod';
import { ConfigError } from './errors.js';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/** A host name, an IPv4 address, or an IPv6 address in brackets; then the port. */
const ADDRESS = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+):(\d{1,5})$/;

/** A field that holds an address; `example` is one for its message. */
export const listenAddress = (example: string) =>
  z
    .string()
    .meta({ pattern: ADDRESS.source })
    .transform((text, context) => {
      const address = parseListenAddress(text);
      if (address !== undefined) return address;
      context.addIssue({ code: 'custom', message: `must be an address and a port, as ${example}` });
      return z.NEVER;
    });

/**
 * Where this process listens, if an environment variable says other than the file.
 *
 * @throws {ConfigError} where it is neither an address nor `off`
 */
export function listenOverride(
  variable: string,
  example: string,
  env: Readonly<Record<string, string | undefined>>,
): { readonly listen?: ListenAddress | 'off' } {
  const given = env[variable]?.trim();
  if (!given) return {};
  if (given === 'off') return { listen: 'off' };
  const listen = parseListenAddress(given);
  if (listen === undefined) {
    throw new ConfigError([`${variable} must be an address and a port, as ${example}, or off`]);
  }
  return { listen };
}

/** `host:port`; undefined for anything else. */
export function parseListenAddress(text: string): ListenAddress | undefined {
  const [, host, digits] = ADDRESS.exec(text.trim()) ?? [];
  const port = Number(digits);
  if (host === undefined || port > 65_535) return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port };
}
