import { access, constants, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArtifactStore, collectRefs, fileNameFor, makeFolder, rehydrate } from '../artifacts/index.js';
import type { JsonValue } from '../job-api/json.js';
import { InputError, OutputError } from './errors.js';

/**
 * Makes the folder of `--out` before the run, which may take hours and money: what is wrong with it is better known then.
 *
 * @param given - the folder as it was given, for messages
 * @throws {InputError}
 */
export async function prepareFolder(folder: string, given: string): Promise<void> {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
  } catch (error) {
    throw new InputError(`--out ${given}: ${reasonOf(error)}: name another folder`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EEXIST' || code === 'ENOTDIR'
    ? 'there is a file in its place'
    : `it can't be written (${code ?? String(error)})`;
}

/**
 * Writes an output for people: `output.json`, and each file in it beside, named after its place in the output. Files of
 * an earlier run with the same names are replaced; others stay.
 *
 * @returns the paths of the files, `output.json` first.
 * @throws {OutputError} where one can't be written, and what the store throws
 */
export async function writeOutput(output: JsonValue, folder: string, store: ArtifactStore): Promise<string[]> {
  const readable = await rehydrate(output, store, { what: 'text' });
  await written(folder, makeFolder(folder));
  const outputFile = join(folder, 'output.json');
  await written(outputFile, writeFile(outputFile, `${JSON.stringify(readable, undefined, 2)}\n`));
  const files = [outputFile];
  // One after another: they may be large, and all of them together need not fit into memory.
  for (const { path, ref } of collectRefs(readable)) {
    const file = join(folder, fileNameFor(path, ref));
    await written(file, writeFile(file, await store.get(ref.sha256)));
    files.push(file);
  }
  return files;
}

async function written(path: string, writing: Promise<unknown>): Promise<void> {
  await writing.catch((error: NodeJS.ErrnoException) => {
    throw new OutputError(`${path} can't be written (${error.code})`, { cause: error });
  });
}
