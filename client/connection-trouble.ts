import { connect as connectSocket, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { ConnectionOptions } from '@temporalio/client';

/** One try, after gRPC's own have used up most of a person's patience. */
const PROBE_TIMEOUT_MS = 2_000;

/**
 * Why no connection to Temporal came about, in a few words that name the variable to set where there is one. gRPC only
 * says that its time ran out, so this connects once more, by hand. `undefined` where that works, or says nothing.
 */
export async function connectionTrouble(
  address: string,
  tls: ConnectionOptions['tls'] | null,
): Promise<string | undefined> {
  const { host, port } = /^(?<host>\[.+\]|[^:]+):(?<port>\d+)$/.exec(address)?.groups ?? {};
  if (host === undefined || port === undefined) return 'the address is not host:port';
  const target = { host: host.replace(/^\[|\]$/g, ''), port: Number(port) };
  if (!tls)
    return await tryOnce(
      connectSocket(target),
      'connect',
      'it answers, but not with gRPC without TLS: if it wants TLS, set TEMPORAL_TLS=true',
    );

  const { serverRootCACertificate, serverNameOverride, clientCertPair } = tls === true ? {} : tls;
  const socket = connectTls({
    ...target,
    ALPNProtocols: ['h2'],
    servername: serverNameOverride ?? target.host,
    ...(serverRootCACertificate && { ca: Buffer.from(serverRootCACertificate) }),
    ...(clientCertPair && { cert: Buffer.from(clientCertPair.crt), key: Buffer.from(clientCertPair.key) }),
  });
  return await tryOnce(socket, 'secureConnect', undefined);
}

function tryOnce(socket: Socket, connected: string, verdict: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const settle = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.setTimeout(PROBE_TIMEOUT_MS, () => settle('it does not answer'));
    socket.once(connected, () => settle(verdict));
    socket.once('error', (error: NodeJS.ErrnoException) => settle(describe(error)));
  });
}

/** Codes of Node's TLS and network errors, with what to do about each. */
const REMEDIES: readonly (readonly [RegExp, string])[] = [
  [
    /SELF_SIGNED|UNABLE_TO_(VERIFY|GET_ISSUER)/,
    'set TEMPORAL_TLS_SERVER_CA_CERT_PATH to the certificate of the authority that signed it',
  ],
  [/ALTNAME/, 'set TEMPORAL_TLS_SERVER_NAME to a name that its certificate is for'],
  [/WRONG_VERSION_NUMBER|EPROTO/, 'it may speak no TLS: TEMPORAL_API_KEY and the TEMPORAL_TLS_* variables turn TLS on'],
];

function describe({ code = '', message }: NodeJS.ErrnoException): string {
  // OpenSSL's messages name source files; what they mean stands at the end.
  const words = /^[0-9A-F]+:error:/.test(message) ? (message.split(':')[5] ?? code) : message || code;
  const remedy = REMEDIES.find(([pattern]) => pattern.test(code))?.[1];
  return remedy === undefined ? words : `${words}: ${remedy}`;
}
