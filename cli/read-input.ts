import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { decodeText, YamlError } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import { InputError } from './errors.js';
import { parseJson } from './json-text.js';

export interface InputSources {
  readonly stdin: NodeJS.ReadableStream;
  readonly cwd: string;
}

/**
 * The value of an `--input`: JSON itself, `@file`, or `-` for the standard input.
 *
 * @throws {InputError} naming the file, or the line and column of what is not JSON.
 */
export async function readInput(argument: string, { stdin, cwd }: InputSources): Promise<JsonValue> {
  if (argument === '-') return parseJson(decode(await buffer(stdin), '<stdin>'), '<stdin>');
  if (!argument.startsWith('@')) return parseJson(argument, '--input');
  const file = argument.slice(1);
  return parseJson(decode(await readBytes(resolve(cwd, file), file), file), file);
}

/** Without the byte order mark that editors and shells of Windows put before UTF-8, and that nobody sees. */
function decode(bytes: Uint8Array, name: string): string {
  try {
    return decodeText(bytes, name).replace(/^\uFEFF/, '');
  } catch (error) {
    if (error instanceof YamlError) throw new InputError(error.message, { cause: error });
    throw error;
  }
}

async function readBytes(path: string, name: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : `it can't be read (${code})`;
    throw new InputError(`--input @${name}: ${reason}`, { cause: error });
  }
}
