import { mappingOf } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { Target } from '../workflows/plan.js';
import type { JobEndDetails } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { jobEnded } from './failure.js';
import { MappingFailed, mapValue } from './map-values.js';

/**
 * The output of a completed job in the shape that its alias promises.
 *
 * @throws {MappingFailed} where it does not go through: the job is completed and billed all the same
 */
export async function mapOutput(
  output: JsonValue,
  { endpoint, provider, endpointId }: Pick<Target, 'endpoint' | 'provider' | 'endpointId'>,
  { config, expressions }: ActivityDeps,
): Promise<JsonValue> {
  const place = { endpoint, provider, endpointId, direction: 'output' } as const;
  const { output: template } = mappingOf(config, place);
  return template === undefined ? output : mapValue(template, output, place, expressions);
}

/** The failure of a job whose output is no use. */
export function outputRejected(why: string, details: JobEndDetails): Error {
  return jobEnded('OutputRejected', `job ${details.jobId} completed, but ${why}`, details);
}

/** Makes that failure of an output that does not go through its mapping, and leaves other errors as they are. */
export function toOutputRejected(error: unknown, details: JobEndDetails): unknown {
  return error instanceof MappingFailed ? outputRejected(error.message, details) : error;
}
