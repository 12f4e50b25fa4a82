import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/** Writes into the folder, or into the one it would be made in, and takes that away again. */
export async function checkArtifacts({ artifacts: { path } }: Config): Promise<Finding> {
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
