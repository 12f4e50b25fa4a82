import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileTypeFromBuffer } from 'file-type';
import { referenceTo, type StoreDriver } from '../artifacts/index.js';
import type { JsonObject } from '../job-api/json.js';
import { InputError } from './errors.js';

/** What a stored file stands for in an input: a JSON value, a text, or a text that holds its bytes in base64. */
export const FILE_KINDS = ['json', 'text', 'base64'] as const;
export type FileKind = (typeof FILE_KINDS)[number];

/** A signature stands at the beginning. */
const HEAD_BYTES = 4_100;

/**
 * Stores a file, whatever its size, and returns the reference that an input can hold.
 *
 * @throws {InputError} where it cannot be read
 */
export async function storeFile(
  given: string,
  { cwd, as, store }: { readonly cwd: string; readonly as: FileKind; readonly store: StoreDriver },
): Promise<JsonObject> {
  const file = resolve(cwd, given);
  const isFile = await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
  if (!isFile) throw new InputError(`${given}: there is no such file`);
  const mediaType = await mediaTypeOf(file, as);
  const { sha256, bytes, uri } = await store.putStream(createReadStream(file));
  return referenceTo({ sha256, bytes, uri, mediaType, encoding: as });
}

async function mediaTypeOf(file: string, as: FileKind): Promise<string> {
  if (as === 'json') return 'application/json';
  if (as === 'text') return 'text/plain';
  const handle = await open(file);
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0);
    const found = await fileTypeFromBuffer(buffer.subarray(0, bytesRead)).catch(() => undefined);
    return found?.mime ?? 'application/octet-stream';
  } finally {
    await handle.close();
  }
}
