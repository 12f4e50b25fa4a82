import { readFile } from 'node:fs/promises';
import { decodeText, type Problem, parseYaml, problem, type YamlSource } from '../config/index.js';
import type { JsonObject } from '../job-api/json.js';
import { isObject, kindOf } from './plain-json.js';

/** A definition as it stands in a file. */
export interface DefinitionFile {
  readonly definition: JsonObject;
  readonly source: YamlSource;
}

/**
 * Reads a definition, YAML or JSON, without judging it. Throws `YamlError` (`file:line:col: what`) where it is not
 * YAML in UTF-8, and {@link DefinitionFileUnreadable}.
 */
export async function readDefinition(file: string): Promise<DefinitionFile> {
  const bytes = await readFile(file).catch((error: NodeJS.ErrnoException) => {
    throw unreadable(file, error);
  });
  return parseDefinition(decodeText(bytes, file), file);
}

/** Why a file cannot be read, in words that say what to do. */
export function unreadable(file: string, { code = '', message }: NodeJS.ErrnoException): DefinitionFileUnreadable {
  return new DefinitionFileUnreadable(`the definition ${file} ${WHY_UNREADABLE[code] ?? `cannot be read: ${message}`}`);
}

/** The same for the text of a file. */
export function parseDefinition(text: string, file: string): DefinitionFile {
  const source = parseYaml(text, file);
  if (!isObject(source.value)) {
    throw new DefinitionFileUnreadable(
      `${file}:1:1: a definition is a map with "version" and "steps", not ${kindOf(source.value)}`,
    );
  }
  return { definition: source.value, source };
}

const WHY_UNREADABLE: Readonly<Record<string, string>> = {
  ENOENT: 'is not there: check the path',
  EISDIR: 'is a folder: name a file in it',
  EACCES: 'may not be read by this user',
};

/** A file that is not there, or holds no definition at all. */
export class DefinitionFileUnreadable extends Error {
  override readonly name = 'DefinitionFileUnreadable';
}

/** A problem with its place in the file. */
export interface LocatedProblem extends Problem {
  /** Both counted from 1. */
  readonly line: number;
  readonly column: number;
  /** `file:line:col: path: message` */
  readonly text: string;
}

/** Problems with their places, in the order of the file. Their paths begin in the definition. */
export function locateProblems(problems: readonly Problem[], source: YamlSource): readonly LocatedProblem[] {
  return problems
    .map(({ path, message }) => ({ ...source.locate(path), path, message, text: problem(source, path, message) }))
    .sort((a, b) => a.line - b.line || a.column - b.column);
}
