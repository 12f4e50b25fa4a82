import type { Config, Problem } from '../../config/index.js';
import type { JsonObject, JsonValue } from '../../job-api/json.js';

/** What a worker with this configuration would refuse. */
export interface WorkProblems {
  /** Paths begin in the definition. */
  readonly definition: readonly Problem[];
  /** Paths begin in the input of the run: in a job, or with `input` of a pipeline. */
  readonly input: readonly Problem[];
}

export async function problemsOfJob(job: JsonObject, config: Config): Promise<WorkProblems> {
  const { compileJob } = await import('../../definition/index.js');
  return problemsFrom(() => compileJob(job, config));
}

/** The input is looked at where the definition is sound. */
export async function problemsOfPipeline(
  definition: JsonObject,
  input: JsonValue | undefined,
  config: Config,
): Promise<WorkProblems> {
  const { compilePipeline } = await import('../../definition/index.js');
  return problemsFrom(() => compilePipeline({ definition, ...(input !== undefined && { input }) }, config));
}

async function problemsFrom(compile: () => unknown): Promise<WorkProblems> {
  const { DefinitionError } = await import('../../definition/index.js');
  try {
    compile();
    return { definition: [], input: [] };
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    const { type, problems } = error;
    return type === 'DefinitionInvalid' ? { definition: problems, input: [] } : { definition: [], input: problems };
  }
}
