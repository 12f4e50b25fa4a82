import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { link, open, opendir, readFile, rename, rm, stat, utimes } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { assertDigest, checked, DigestStream, digestOf } from './digest.js';
import { ArtifactCorrupt, ArtifactMissing } from './errors.js';
import { makeFolder } from './make-folder.js';
import { isDigest } from './reference.js';
import { RENEW_AFTER_MS, type StoreDriver } from './store.js';

/**
 * Artifacts as files under `root`, for one machine or a shared file system: `sha256/ab/<digest>`. Several processes may
 * use one root at once. `root` is created by the first `put`. Errors of the file system come through as they are.
 */
export function createFileStore({ root }: { readonly root: string }): StoreDriver {
  const base = path.resolve(root);
  const fileOf = (sha256: string) => path.join(base, 'sha256', sha256.slice(0, 2), sha256);
  const uriOf = (sha256: string) => pathToFileURL(fileOf(sha256)).href;
  const temporaryFolder = path.join(base, 'tmp');

  return {
    location: base,
    async put(bytes) {
      const sha256 = digestOf(bytes);
      if (!(await isThere(fileOf(sha256), bytes.byteLength))) {
        await writeWhole(base, async (write) => {
          await write(bytes);
          return fileOf(sha256);
        });
      }
      return { sha256, uri: uriOf(sha256) };
    },
    async get(sha256) {
      assertDigest(sha256);
      const file = fileOf(sha256);
      const bytes = await readFile(file).catch((error: unknown) => {
        throw isNotFound(error) ? new ArtifactMissing(sha256, base) : error;
      });
      if (digestOf(bytes) !== sha256) throw new ArtifactCorrupt(sha256, file);
      return bytes;
    },
    async putStream(content, { maxBytes } = {}) {
      const stream = new DigestStream(maxBytes);
      let sha256 = '';
      await writeWhole(base, async (write) => {
        for await (const chunk of stream.pass(content)) await write(chunk);
        sha256 = stream.digest();
        return (await isThere(fileOf(sha256), stream.bytes)) ? undefined : fileOf(sha256);
      });
      return { sha256, bytes: stream.bytes, uri: uriOf(sha256) };
    },
    async *open(sha256) {
      assertDigest(sha256);
      const file = fileOf(sha256);
      try {
        yield* checked(createReadStream(file), sha256, file);
      } catch (error) {
        throw isNotFound(error) ? new ArtifactMissing(sha256, base) : error;
      }
    },
    async *list() {
      for await (const folder of entriesOf(path.join(base, 'sha256'))) {
        for await (const sha256 of entriesOf(path.join(base, 'sha256', folder))) {
          if (!isDigest(sha256)) continue;
          const found = await statOf(fileOf(sha256));
          if (found !== undefined) yield { sha256, bytes: found.size, storedAt: found.mtime };
        }
      }
    },
    async remove(sha256, { before }) {
      assertDigest(sha256);
      const file = fileOf(sha256);
      const found = await statOf(file);
      if (found === undefined || found.mtime >= before) return false;
      // Somebody may store it again just now. Taken aside first, it is seen as it was when it was taken.
      await makeFolder(temporaryFolder);
      const aside = path.join(temporaryFolder, `${sha256}.${randomUUID()}`);
      try {
        await rename(file, aside);
      } catch (error) {
        if (isNotFound(error)) return false;
        throw error;
      }
      return (await putBack(aside, file, before)) === 'old';
    },
    async sweep({ before }) {
      let bytes = 0;
      for await (const name of entriesOf(temporaryFolder)) {
        const file = path.join(temporaryFolder, name);
        const found = await statOf(file);
        const [sha256 = ''] = name.split('.');
        // Taken aside by a removal that was killed.
        if (found !== undefined && isDigest(sha256) && found.mtime >= before) {
          await putBack(file, fileOf(sha256), before);
        } else if (found !== undefined && found.mtime < before) {
          await rm(file, { force: true });
          bytes += found.size;
        }
      }
      return bytes;
    },
    async close() {},
  };
}

/**
 * A file of the right name is whole, since names are given by rename; another size means damage, and is repaired. It is
 * made new where it is old, lest it is removed as such before the run that it is stored for refers to it.
 */
async function isThere(file: string, bytes: number): Promise<boolean> {
  const found = await statOf(file);
  if (found?.size !== bytes) return false;
  const now = new Date();
  if (now.getTime() - found.mtimeMs < RENEW_AFTER_MS) return true;
  try {
    await utimes(file, now, now);
    return true;
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** Deletes what was taken aside, or gives it its name again where it was stored meanwhile. */
async function putBack(aside: string, file: string, before: Date): Promise<'old' | 'new'> {
  const found = await statOf(aside);
  const isNew = found !== undefined && found.mtime >= before;
  if (isNew) {
    await link(aside, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  }
  await rm(aside, { force: true });
  return isNew ? 'new' : 'old';
}

/**
 * The name appears only when the bytes are on the disk: whoever sees the file sees all of it, also after a power cut.
 *
 * @param fill - writes the content, and says what the file is called; undefined where it is there already
 */
async function writeWhole(
  base: string,
  fill: (write: (bytes: Uint8Array) => Promise<void>) => Promise<string | undefined>,
): Promise<void> {
  const temporary = path.join(base, 'tmp', randomUUID());
  await makeFolderForGood(path.dirname(temporary));
  try {
    const handle = await open(temporary, 'wx');
    let file: string | undefined;
    try {
      file = await fill((bytes) => handle.writeFile(bytes));
      if (file !== undefined) await handle.sync();
    } finally {
      await handle.close();
    }
    if (file === undefined) {
      await rm(temporary, { force: true });
      return;
    }
    await makeFolderForGood(path.dirname(file));
    await rename(temporary, file);
    await syncFolder(path.dirname(file));
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A folder that is new is on the disk when those around it are. */
async function makeFolderForGood(folder: string): Promise<void> {
  const first = await makeFolder(folder);
  if (first === undefined) return;
  for (let made = folder; made.length >= first.length; made = path.dirname(made)) await syncFolder(path.dirname(made));
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

/** Names in a folder, one after the other; none where there is no folder. */
async function* entriesOf(folder: string): AsyncGenerator<string, void> {
  try {
    for await (const { name } of await opendir(folder)) yield name;
  } catch (error) {
    if (!isNotFound(error)) throw error;
  }
}

async function statOf(file: string) {
  try {
    return await stat(file);
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
