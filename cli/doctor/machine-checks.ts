import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createStore, type S3StoreSettings, StoreUnavailable } from '../../artifacts/index.js';
import type { Config } from '../../config/index.js';
import { CLI_PLACES } from '../../embedded/cli-places.js';
import { findTemporalCli } from '../../embedded/temporal-cli.js';
import { checkNamed, type Finding } from './finding.js';

/** `version` as `process.versions.node` gives it. */
export function checkNode(version: string): Finding {
  const { ok, fail } = checkNamed('node');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isNewEnough = major > 20 || (major === 20 && minor >= 11);
  return isNewEnough ? ok(`Node ${version}`) : fail(`Node ${version} is too old`, 'install Node 20.11 or newer');
}

/** Looks for the Temporal CLI where it may be, and fetches none. */
export async function checkTemporalCli(env: NodeJS.ProcessEnv): Promise<Finding> {
  const { ok, warn } = checkNamed('temporal-cli');
  // Places that take a while are those that fetch it.
  const places = CLI_PLACES.filter(({ notice }) => notice === undefined);
  try {
    const { path, source } = await findTemporalCli({ env, places, log: () => {} });
    return ok(`${path} (${source})`);
  } catch {
    return warn(
      'no Temporal CLI on this machine yet',
      '`jobrelay dev` fetches it on its first start; nothing else needs it',
    );
  }
}

/** Whether artifacts can be kept where the configuration says. */
export async function checkArtifacts({ artifacts }: Config, env: NodeJS.ProcessEnv): Promise<Finding> {
  return artifacts.driver === 's3' ? checkBucket(artifacts, env) : checkFolder(artifacts.path);
}

/** Stores an object, the same at every call, reads it and lists it. */
async function checkBucket(settings: S3StoreSettings, env: NodeJS.ProcessEnv): Promise<Finding> {
  const { ok, fail } = checkNamed('artifacts');
  const store = createStore(settings, env);
  try {
    const { sha256 } = await store.put(Buffer.from('jobrelay doctor'));
    await store.get(sha256);
    for await (const _ of store.list()) break;
    return ok(`${store.location} can be written, read and listed`);
  } catch (error) {
    if (!(error instanceof StoreUnavailable)) throw error;
    return fail(`${store.location}: ${error.problem}`, error.remedy);
  } finally {
    await store.close();
  }
}

/** Writes into the folder, or into the one it would be made in, and takes that away again. */
async function checkFolder(path: string): Promise<Finding> {
  const { ok, fail } = checkNamed('artifacts');
  let folder = path;
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    await rm(await mkdtemp(join(folder, '.jobrelay-doctor-')), { recursive: true });
    return ok(folder === path ? `${path} can be written` : `${path} can be made`);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return fail(
      `${path} cannot be written (${code})`,
      'make the folder writable, or set artifacts.path in jobrelay.yaml',
    );
  }
}
