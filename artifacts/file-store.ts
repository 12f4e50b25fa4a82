import { createHash, randomUUID } from 'node:crypto';
import { mkdir, open, readFile, rename, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { ArtifactCorrupt, ArtifactMissing, ArtifactReferenceInvalid } from './errors.js';
import { isDigest } from './reference.js';
import type { ArtifactStore } from './store.js';

/**
 * Artifacts as files under `root`, for one machine or a shared file system: `sha256/ab/<digest>`. Several processes may
 * use one root at once. `root` is created by the first `put`. Errors of the file system come through as they are.
 */
export function createFileStore({ root }: { readonly root: string }): ArtifactStore {
  const base = path.resolve(root);
  const fileOf = (sha256: string) => path.join(base, 'sha256', sha256.slice(0, 2), sha256);
  return {
    async put(bytes) {
      const sha256 = digestOf(bytes);
      const file = fileOf(sha256);
      // A file of the right name is whole, since names are given by rename; another size means damage, and is repaired.
      if ((await sizeOf(file)) !== bytes.byteLength) await writeWhole(base, file, bytes);
      return { sha256, uri: pathToFileURL(file).href };
    },
    async get(sha256) {
      if (!isDigest(sha256)) throw new ArtifactReferenceInvalid('an artifact is named by 64 lower-case hex digits');
      const file = fileOf(sha256);
      const bytes = await readFile(file).catch((error: unknown) => {
        throw isNotFound(error) ? new ArtifactMissing(sha256, base) : error;
      });
      if (digestOf(bytes) !== sha256) throw new ArtifactCorrupt(sha256, file);
      return bytes;
    },
  };
}

function digestOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

async function sizeOf(file: string): Promise<number | undefined> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

/** The name appears only when the bytes are on the disk: whoever sees the file sees all of it, also after a power cut. */
async function writeWhole(base: string, file: string, bytes: Uint8Array): Promise<void> {
  const folder = path.dirname(file);
  const temporary = path.join(base, 'tmp', randomUUID());
  await Promise.all([mkdir(folder, { recursive: true }), mkdir(path.dirname(temporary), { recursive: true })]);
  try {
    const handle = await open(temporary, 'wx');
    try {
      await handle.writeFile(bytes);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(folder);
}

async function syncFolder(folder: string): Promise<void> {
  // Windows has no way to sync a folder, and keeps renames in its journal.
  if (process.platform === 'win32') return;
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
