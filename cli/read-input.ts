import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';
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
  if (argument === '-') return parseJson(withoutMark(await text(stdin)), '<stdin>');
  if (!argument.startsWith('@')) return parseJson(argument, '--input');
  const file = argument.slice(1);
  return parseJson(withoutMark(await readTextFile(resolve(cwd, file), file)), file);
}

/** Without the byte order mark that editors and shells of Windows put before UTF-8, and that nobody sees. */
function withoutMark(text: string): string {
  return text.replace(/^\uFEFF/, '');
}

async function readTextFile(path: string, name: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason =
      code === 'ENOENT' ? 'there is no such file' : code === 'EISDIR' ? 'it is a folder' : `it can't be read (${code})`;
    throw new InputError(`--input @${name}: ${reason}`, { cause: error });
  }
}
