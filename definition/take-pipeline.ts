import { type Config, YamlError } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { DefinitionIdentity } from '../workflows/contract.js';
import type { PipelinePlan } from '../workflows/plan.js';
import { DefinitionFileUnreadable, locateProblems } from './check-source.js';
import { compilePipeline } from './compile.js';
import type { NamedDefinition } from './pipeline-folder.js';
import { findDefinition, readLibrary } from './pipeline-library.js';
import { isObject } from './plain-json.js';
import { DefinitionError } from './problems.js';

/** A pipeline that can run. */
export interface TakenPipeline {
  readonly plan: PipelinePlan;
  /** Of one that was given by name. */
  readonly definition?: DefinitionIdentity;
}

/**
 * As {@link compilePipeline}, with the definitions of the configuration's folder, which the input or a step may name:
 * `{"pipeline": …}`. The plan then has that name where the definition gives itself none.
 *
 * @throws DefinitionError also `InvalidRequest` for a name that the configuration's folder does not have; the problems of
 * a definition from there begin with `file:line:column`
 */
export async function takePipeline(given: unknown, config: Config, stored?: JsonValue): Promise<TakenPipeline> {
  if (!isObject(given) || given.pipeline === undefined) {
    const definition = isObject(given) ? given.definition : undefined;
    return { plan: compilePipeline(given, config, await readLibrary(definition, config), [], stored) };
  }
  const { pipeline, ...rest } = given;
  if (rest.definition !== undefined) throw badRequest('stands beside a definition: give one of the two');
  const { definition, source, name, sha256 } = await find(pipeline, config);
  try {
    const library = await readLibrary(definition, config);
    const plan = compilePipeline({ ...rest, definition }, config, library, [name], stored);
    return { plan: { ...plan, name: plan.name ?? name }, definition: { name, sha256 } };
  } catch (error) {
    if (!(error instanceof DefinitionError) || error.type !== 'DefinitionInvalid') throw error;
    throw new DefinitionError(
      'DefinitionInvalid',
      locateProblems(error.found, source).map(({ text }) => ({ path: [], message: text })),
    );
  }
}

async function find(name: unknown, { pipelines: folder }: Config): Promise<NamedDefinition> {
  if (typeof name !== 'string') throw badRequest('must be the name of a pipeline');
  try {
    return await findDefinition(name, folder);
  } catch (error) {
    if (error instanceof YamlError)
      throw new DefinitionError('DefinitionInvalid', [{ path: [], message: error.message }]);
    if (error instanceof DefinitionFileUnreadable) throw badRequest(error.message);
    throw error;
  }
}

function badRequest(message: string): DefinitionError {
  return new DefinitionError('InvalidRequest', [{ path: ['pipeline'], message }]);
}
