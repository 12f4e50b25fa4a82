import { mkdir, stat } from 'node:fs/promises';
import path from 'node:path';

/**
 * Makes a folder, and those around it that are missing. Not by Node's own `recursive`: where a folder is there and nothing
 * can be made in it, `/proc` says that there is none (ENOENT), and Node makes the two in turns for ever.
 *
 * @returns the outermost that was made; undefined where all were there
 * @throws what the file system says, with the path that could not be made
 */
export async function makeFolder(folder: string): Promise<string | undefined> {
  try {
    return await makeOne(folder);
  } catch (error) {
    const around = path.dirname(folder);
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || around === folder) throw error;
    const first = await makeFolder(around);
    const made = await makeOne(folder);
    return first ?? made;
  }
}

/** Undefined where it is there: also in a place that refuses all changes, which may say so first. */
async function makeOne(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder);
    return folder;
  } catch (error) {
    const isThere = await stat(folder).then(
      (found) => found.isDirectory(),
      () => false,
    );
    if (isThere) return undefined;
    throw error;
  }
}
