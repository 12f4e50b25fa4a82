/** Definitions by name: the files of the folder that `pipelines` in jobrelay.yaml names. */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { decodeText } from '../config/index.js';
import type { DefinitionIdentity } from '../workflows/contract.js';
import { type DefinitionFile, DefinitionFileUnreadable, parseDefinition, unreadable } from './check-source.js';
import { isPipelineName } from './pipeline-name.js';

const EXTENSIONS: readonly string[] = ['.yaml', '.yml', '.json'];

/** A definition of the folder. */
export interface NamedDefinition extends DefinitionFile, DefinitionIdentity {}

/** The files of the folder that hold a definition each, by the file's name alone; in the order of the names. */
export async function definitionFiles(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder).catch(({ code, message }: NodeJS.ErrnoException) => {
    const why = code === 'ENOENT' ? 'is not there' : `cannot be read (${message})`;
    throw new DefinitionFileUnreadable(`the folder of pipelines ${folder} ${why}: see "pipelines" in jobrelay.yaml`);
  });
  return entries.filter((entry) => EXTENSIONS.includes(path.extname(entry))).sort();
}

/** The name that a file of the folder goes by. */
export function pipelineNameOf(file: string): string {
  return path.basename(file, path.extname(file));
}

/**
 * Reads the definition of a name, without judging it.
 *
 * @returns undefined where no file has the name
 * @throws {YamlError | DefinitionFileUnreadable} also where two files have the name, or the file is a link out of the folder
 */
export async function readNamedDefinition(folder: string, name: string): Promise<NamedDefinition | undefined> {
  const files = isPipelineName(name) ? await definitionFiles(folder) : [];
  const [file, another] = files.filter((candidate) => pipelineNameOf(candidate) === name);
  if (file === undefined) return undefined;
  if (another !== undefined) {
    throw new DefinitionFileUnreadable(`the pipeline "${name}" is in two files, ${file} and ${another}: rename one`);
  }
  const whole = path.join(folder, file);
  const bytes = await readInside(folder, whole).catch((error: NodeJS.ErrnoException) => {
    throw error instanceof DefinitionFileUnreadable ? error : unreadable(whole, error);
  });
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name, sha256, ...parseDefinition(decodeText(bytes, whole), whole) };
}

/** Links within the folder are followed: that is how mounted configuration is changed in one go. */
async function readInside(folder: string, file: string): Promise<Buffer> {
  const [real, root] = await Promise.all([realpath(file), realpath(folder)]);
  if (real.startsWith(root + path.sep)) return await readFile(real);
  throw new DefinitionFileUnreadable(`${file} is a link to a file outside of its folder: put the file there itself`);
}
