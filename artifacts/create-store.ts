import { createFileStore } from './file-store.js';
import { createS3Store } from './s3/s3-store.js';
import type { StoreDriver } from './store.js';

/** Where artifacts are kept, as plain data: another process makes the same store of it. */
export type StoreSettings = FileStoreSettings | S3StoreSettings;

export interface FileStoreSettings {
  readonly driver: 'file';
  /** Of their folder. */
  readonly path: string;
}

export interface S3StoreSettings {
  readonly driver: 's3';
  readonly bucket: string;
  /** What all keys begin with, without a slash at its ends. Absent: nothing. */
  readonly prefix?: string;
  /** Absent: as AWS's tools find it; `us-east-1` where there is an `endpoint`. */
  readonly region?: string;
  /** Of another provider than AWS, as `https://s3.example.com`. */
  readonly endpoint?: string;
  /** The bucket stands in the path of a URL, not in its host name. */
  readonly forcePathStyle?: boolean;
  /** Names of environment variables. Absent: keys are found as AWS's tools find them. */
  readonly accessKeyIdEnv?: string;
  readonly secretAccessKeyEnv?: string;
}

/**
 * The store that the settings describe. Nothing is opened before it is used; `close()` it in the end.
 *
 * @param env - where the keys of S3 are read
 * @example
 * const store = createStore({ driver: 's3', bucket: 'artifacts', prefix: 'studio' });
 */
export function createStore(
  settings: StoreSettings,
  env: Readonly<Record<string, string | undefined>> = process.env,
): StoreDriver {
  return settings.driver === 's3' ? createS3Store(settings, env) : createFileStore({ root: settings.path });
}
