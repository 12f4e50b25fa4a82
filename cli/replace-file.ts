import { randomUUID } from 'node:crypto';
import { access, chmod, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/**
 * Writes a file that has its name only once it is whole: one that was there stays as it was where the content breaks off.
 * What is no file, such as a pipe or a device, is written as it comes.
 *
 * @throws what the content throws, and what the file system says
 */
export async function replaceFile(file: string, content: AsyncIterable<Uint8Array>): Promise<void> {
  const found = await stat(file).catch(() => undefined);
  if (found !== undefined && !found.isFile()) return writeTo(await open(file, 'w'), content);
  if (found !== undefined) await access(file, constants.W_OK);
  // A link stays one.
  const target = found === undefined ? file : await realpath(file);
  const beside = join(dirname(target), `.jobrelay-${randomUUID()}`);
  const handle = await open(beside, 'wx');
  try {
    await writeTo(handle, content);
    if (found !== undefined) await chmod(beside, found.mode & 0o7777);
    await rename(beside, target);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

async function writeTo(handle: Awaited<ReturnType<typeof open>>, content: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of content) await handle.writeFile(chunk);
  } finally {
    await handle.close();
  }
}
