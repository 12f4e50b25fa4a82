import { chmod, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from '../artifacts/index.js';

const BINARY = process.platform === 'win32' ? 'temporal.exe' : 'temporal';

/** Where a fetched CLI is kept. */
export function cachedCliPath(cacheDir: string): string {
  return join(cacheDir, BINARY);
}

/**
 * Fetches a CLI into a folder of its own beside the kept one, then renames it into place: whoever starts meanwhile sees no CLI or a
 * whole one, and of two that fetch at once the later replaces the earlier. Resolves to the kept path.
 */
export async function fetchIntoCache(cacheDir: string, fetch: (folder: string) => Promise<string>): Promise<string> {
  await makeFolder(cacheDir);
  const folder = await mkdtemp(join(cacheDir, 'fetching-'));
  try {
    const fetched = await fetch(folder);
    await chmod(fetched, 0o755);
    await rename(fetched, cachedCliPath(cacheDir));
    return cachedCliPath(cacheDir);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
