import { type Config, YamlError } from '../config/index.js';
import type { DefinitionFile } from '../definition/index.js';
import { InputError, InvalidDefinition } from './errors.js';

/**
 * The definition in a file, checked where a configuration is given.
 *
 * @throws {InputError} for a file that holds none; {InvalidDefinition} with every problem of it
 */
export async function loadDefinition(file: string, config: Config | undefined): Promise<DefinitionFile> {
  const { checkDefinition, DefinitionFileUnreadable, readDefinition } = await import('../definition/index.js');
  const read = await readDefinition(file).catch((error: unknown) => {
    if (!(error instanceof YamlError) && !(error instanceof DefinitionFileUnreadable)) throw error;
    throw new InputError(error.message, { cause: error });
  });
  const problems = config === undefined ? [] : checkDefinition(read, config);
  if (problems.length > 0) throw new InvalidDefinition(problems);
  return read;
}
