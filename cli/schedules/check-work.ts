import type { Config, Problem } from '../../config/index.js';
import type { JsonObject } from '../../job-api/json.js';
import type { PipelineInput } from '../../workflows/contract.js';
import { NO_FOLDER } from '../load-definition.js';

/** What a worker with this configuration would refuse. */
export interface WorkProblems {
  /** Paths begin in the definition; of one that was given by name, the messages say where in its file. */
  readonly definition: readonly Problem[];
  /** Paths begin in the input of the run: in a job, or with `input` of a pipeline. */
  readonly input: readonly Problem[];
}

export async function problemsOfJob(job: JsonObject, config: Config): Promise<WorkProblems> {
  const { compileJob } = await import('../../definition/index.js');
  return problemsFrom(() => compileJob(job, config));
}

/** The input is looked at where the definition is sound. A name is looked up in the configuration's folder. */
export async function problemsOfPipeline(pipeline: PipelineInput, config: Config): Promise<WorkProblems> {
  if ('pipeline' in pipeline && config.pipelines === undefined) {
    const message = `there is no file ${pipeline.pipeline}, and for a pipeline by name, ${NO_FOLDER}; or leave the check to the worker with --no-check`;
    return { definition: [], input: [{ path: ['pipeline'], message }] };
  }
  const { takePipeline } = await import('../../definition/index.js');
  return problemsFrom(() => takePipeline(pipeline, config));
}

async function problemsFrom(compile: () => unknown): Promise<WorkProblems> {
  const { DefinitionError } = await import('../../definition/index.js');
  try {
    await compile();
    return { definition: [], input: [] };
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    const { type, problems } = error;
    return type === 'DefinitionInvalid' ? { definition: problems, input: [] } : { definition: [], input: problems };
  }
}
