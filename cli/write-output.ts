import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type ArtifactStore, collectRefs, fileNameFor, rehydrate } from '../artifacts/index.js';
import type { JsonValue } from '../job-api/json.js';

/**
 * Writes an output for people: `output.json`, and each file in it beside, named after its place in the output. Files of
 * an earlier run with the same names are replaced; others stay.
 *
 * @returns the paths of the files, `output.json` first.
 */
export async function writeOutput(output: JsonValue, folder: string, store: ArtifactStore): Promise<string[]> {
  const readable = await rehydrate(output, store, { what: 'text' });
  await mkdir(folder, { recursive: true });
  const outputFile = join(folder, 'output.json');
  await writeFile(outputFile, `${JSON.stringify(readable, undefined, 2)}\n`);
  const files = [outputFile];
  // One after another: they may be large, and all of them together need not fit into memory.
  for (const { path, ref } of collectRefs(readable)) {
    const file = join(folder, fileNameFor(path, ref));
    await writeFile(file, await store.get(ref.sha256));
    files.push(file);
  }
  return files;
}
