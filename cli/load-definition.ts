import { type Config, YamlError } from '../config/index.js';
import type { DefinitionFile } from '../definition/index.js';
import { InputError, InvalidDefinition } from './errors.js';
import type { GivenPipeline } from './given-pipeline.js';

/**
 * The definition in a file, checked where a configuration is given.
 *
 * @throws {InputError} for a file that holds none; {InvalidDefinition} with every problem of it
 */
export async function loadDefinition(file: string, config: Config | undefined): Promise<DefinitionFile> {
  const { readDefinition } = await import('../definition/index.js');
  const read = await inputErrors(readDefinition(file));
  if (config !== undefined) await check(read, config);
  return read;
}

/**
 * The definition of a file, or that which this machine's folder of pipelines has under a name, checked.
 *
 * @throws {InputError} also for a name that is not in the folder; {InvalidDefinition}
 */
export async function loadGiven(
  given: GivenPipeline,
  config: Config,
): Promise<DefinitionFile & { readonly name?: string }> {
  if (given.kind === 'file') return loadDefinition(given.file, config);
  const { name } = given;
  const { definitionFiles, pipelineNameOf, readNamedDefinition, unknownName } = await import('../definition/index.js');
  const { pipelines: folder } = config;
  if (folder === undefined) throw new InputError(`there is no file ${name}; for a pipeline by name, ${NO_FOLDER}`);
  const read = await inputErrors(readNamedDefinition(folder, name));
  if (read === undefined) {
    const known = (await inputErrors(definitionFiles(folder))).map(pipelineNameOf);
    throw new InputError(`there is no file ${name}, and in ${folder}: ${unknownName('pipeline', name, known)}`);
  }
  await check(read, config);
  return read;
}

/** How a configuration comes by a folder of pipelines. */
export const NO_FOLDER = 'no folder of pipelines is configured: write pipelines: ./pipelines into jobrelay.yaml';

/** What was read for the caller, with what is wrong with its files as errors of the input. */
export async function inputErrors<T>(reading: Promise<T>): Promise<T> {
  const { DefinitionFileUnreadable } = await import('../definition/index.js');
  return reading.catch((error: unknown) => {
    if (!(error instanceof YamlError) && !(error instanceof DefinitionFileUnreadable)) throw error;
    throw new InputError(error.message, { cause: error });
  });
}

async function check(read: DefinitionFile & { readonly name?: string }, config: Config): Promise<void> {
  const { checkDefinition } = await import('../definition/index.js');
  const problems = await checkDefinition(read, config);
  if (problems.length > 0) throw new InvalidDefinition(problems);
}
