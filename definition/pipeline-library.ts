/** The definitions of the folder that others name, read before anything is compiled. */
import { type Config, YamlError } from '../config/index.js';
import { DefinitionFileUnreadable } from './check-source.js';
import { definitionFiles, type NamedDefinition, pipelineNameOf, readNamedDefinition } from './pipeline-folder.js';
import { isPipelineName } from './pipeline-name.js';
import { isObject } from './plain-json.js';
import { quote } from './problems.js';
import { unknownName } from './step-references.js';

/** A definition of the folder, or why there is none. */
export type LibraryEntry =
  | { readonly kind: 'found'; readonly definition: NamedDefinition }
  | { readonly kind: 'unusable'; readonly message: string };

/** What the names in a definition stand for. */
export interface PipelineLibrary {
  find(name: string): LibraryEntry;
}

/** Where no file can be read: every name is unknown. */
export const NO_LIBRARY: PipelineLibrary = { find: (name) => ({ kind: 'unusable', message: withoutFolder(name) }) };

/**
 * Reads every definition that `definition` names in its steps, and those that they name. Names that lead nowhere are for
 * the compiler to tell, at their places.
 */
export async function readLibrary(
  definition: unknown,
  { pipelines: folder }: Pick<Config, 'pipelines'>,
): Promise<PipelineLibrary> {
  if (folder === undefined) return NO_LIBRARY;
  const entries = new Map<string, LibraryEntry>();
  const read = async (from: unknown): Promise<void> => {
    const fresh = namesIn(from).filter((name) => !entries.has(name));
    // Before anything is awaited, so that each is read once.
    for (const name of fresh) entries.set(name, NO_LIBRARY.find(name));
    await Promise.all(
      fresh.map(async (name) => {
        const entry = await lookUp(name, folder);
        entries.set(name, entry);
        if (entry.kind === 'found') await read(entry.definition.definition);
      }),
    );
  };
  await read(definition);
  return { find: (name) => entries.get(name) ?? NO_LIBRARY.find(name) };
}

/**
 * The definition of a name.
 *
 * @throws {YamlError | DefinitionFileUnreadable} also where there is no folder, or none of that name in it
 */
export async function findDefinition(name: string, folder: string | undefined): Promise<NamedDefinition> {
  if (!isPipelineName(name)) {
    throw new DefinitionFileUnreadable(
      `${quote(name)} is not a name: letters, digits, _ and -, without the ending of the file`,
    );
  }
  if (folder === undefined) throw new DefinitionFileUnreadable(withoutFolder(name));
  const found = await readNamedDefinition(folder, name);
  if (found !== undefined) return found;
  throw new DefinitionFileUnreadable(
    unknownName('pipeline', name, (await definitionFiles(folder)).map(pipelineNameOf)),
  );
}

async function lookUp(name: string, folder: string): Promise<LibraryEntry> {
  try {
    return { kind: 'found', definition: await findDefinition(name, folder) };
  } catch (error) {
    if (!(error instanceof YamlError) && !(error instanceof DefinitionFileUnreadable)) throw error;
    return { kind: 'unusable', message: error.message };
  }
}

function withoutFolder(name: string): string {
  return `${quote(name)} is not known: there is no folder of pipelines; set "pipelines" in jobrelay.yaml`;
}

/** Deeper than any definition that compiles. */
const MAX_DEPTH = 20;

/** The names that its steps give, also those within definitions that stand in it. Takes anything. */
function namesIn(definition: unknown, depth = 0): readonly string[] {
  const steps = isObject(definition) && depth < MAX_DEPTH ? definition.steps : undefined;
  if (!isObject(steps)) return [];
  return Object.values(steps).flatMap((step) => {
    const pipeline = isObject(step) ? step.pipeline : undefined;
    return typeof pipeline === 'string' ? [pipeline] : namesIn(pipeline, depth + 1);
  });
}
