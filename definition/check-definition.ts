import type { Config } from '../config/index.js';
import { type DefinitionFile, type LocatedProblem, locateProblems } from './check-source.js';
import { compileDefinition } from './compile-definition.js';
import { endpointsOf } from './endpoints.js';
import { nestingIn } from './nesting.js';
import { readLibrary } from './pipeline-library.js';
import { DefinitionError } from './problems.js';

/**
 * Checks a definition against the endpoints of a configuration and the definitions of its folder, without an input.
 *
 * @param file with the name by which it was found, where it was: it must not lead back to itself
 * @returns every problem, in the order of the file; empty: it can run
 */
export async function checkDefinition(
  { definition, source, name }: DefinitionFile & { readonly name?: string },
  config: Config,
): Promise<readonly LocatedProblem[]> {
  const nesting = nestingIn(await readLibrary(definition, config), name === undefined ? [] : [name]);
  try {
    compileDefinition(definition, endpointsOf(config), nesting);
    return [];
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    return locateProblems(error.found, source);
  }
}
