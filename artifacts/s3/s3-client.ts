import type { S3Client } from '@aws-sdk/client-s3';
import type { S3StoreSettings } from '../create-store.js';
import { StoreUnavailable } from '../errors.js';

/** What a connection may take, and a request between two bytes: a stalled one is repeated. */
const CONNECT_MS = 10_000;
const IDLE_MS = 30_000;
const MAX_ATTEMPTS = 5;
/** Requests under way at once. A request that waits for its socket would count that as time to connect. */
export const REQUESTS_AT_ONCE = 64;
/** Answers whose bytes are still read keep theirs. */
const SOCKETS = 4 * REQUESTS_AT_ONCE;

type S3Module = typeof import('@aws-sdk/client-s3');

/** The client, and the module its commands are from: loaded when a store is first used, since it takes a while. */
export interface S3Access {
  readonly s3: S3Module;
  readonly client: S3Client;
}

/** Throws {@link StoreUnavailable} where a variable that holds a key is not set. */
export async function openS3(
  settings: S3StoreSettings,
  env: Readonly<Record<string, string | undefined>>,
  location: string,
): Promise<S3Access> {
  const credentials = keysOf(settings, env, location);
  const s3 = await import('@aws-sdk/client-s3');
  const region = settings.region ?? (settings.endpoint === undefined ? undefined : 'us-east-1');
  const client = new s3.S3Client({
    ...(region !== undefined && { region }),
    ...(settings.endpoint !== undefined && { endpoint: settings.endpoint }),
    ...(settings.forcePathStyle !== undefined && { forcePathStyle: settings.forcePathStyle }),
    ...(credentials !== undefined && { credentials }),
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECT_MS,
      socketTimeout: IDLE_MS,
      httpAgent: { keepAlive: true, maxSockets: SOCKETS },
      httpsAgent: { keepAlive: true, maxSockets: SOCKETS },
    },
    // Their own checksums travel in trailers, which many servers do not know; ours is the digest itself.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return { s3, client };
}

function keysOf(
  { accessKeyIdEnv, secretAccessKeyEnv }: S3StoreSettings,
  env: Readonly<Record<string, string | undefined>>,
  location: string,
): { readonly accessKeyId: string; readonly secretAccessKey: string } | undefined {
  if (accessKeyIdEnv === undefined || secretAccessKeyEnv === undefined) return undefined;
  const read = (variable: string) => {
    const value = env[variable]?.trim();
    if (value) return value;
    throw new StoreUnavailable(
      location,
      `the environment variable ${variable} is not set`,
      `set it in each process that uses the store, or leave out artifacts.accessKeyId for AWS's own ways to find keys`,
    );
  };
  return { accessKeyId: read(accessKeyIdEnv), secretAccessKey: read(secretAccessKeyEnv) };
}
