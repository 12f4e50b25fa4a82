import { externalize } from '../artifacts/index.js';
import { type Config, estimateCostUsd, mappingOf } from '../config/index.js';
import { classifyEnd } from '../job-api/classify.js';
import type { JobHandle, RemoteJob } from '../job-api/job.js';
import type { JsonValue } from '../job-api/json.js';
import type { AwaitJobRequest, CompletedJob, JobEndDetails } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { jobEnded } from './failure.js';
import { MappingFailed, mapValue } from './map-values.js';
import { checkOutput } from './output-check.js';

type FinishRequest = Pick<AwaitJobRequest, 'handle' | 'endpoint' | 'outputSchema' | 'inlineMaxBytes'>;

/**
 * Makes a result of a job that has ended: the output mapped and checked and, where it is large, stored. Throws the failure of a job
 * that did not complete.
 */
export async function finishJob(job: RemoteJob, request: FinishRequest, deps: ActivityDeps): Promise<CompletedJob> {
  const { handle, endpoint } = request;
  const details = endDetails(handle, endpoint, deps.config, job, true);
  const end = classifyEnd(job);
  if (end.kind !== 'completed') throw jobEnded(end.kind, end.error.message, { ...details, error: end.error });

  const mapped = await mapOutput(job, request, deps);
  const rejection = mapped instanceof MappingFailed ? mapped.message : checkOutput(mapped, request.outputSchema);
  if (rejection !== undefined || mapped === undefined || mapped instanceof MappingFailed) {
    throw jobEnded('OutputRejected', `job ${handle.jobId} completed, but ${rejection}`, details);
  }
  const output = await externalize(mapped, deps.store, { inlineMaxBytes: request.inlineMaxBytes, foreign: true });
  const { jobId: _, ended: __, ...facts } = details;
  return { output, ...facts };
}

/** The output in the shape that the alias promises, or why there is none: the job is completed and billed all the same. */
async function mapOutput(
  { output }: RemoteJob,
  { handle, endpoint }: FinishRequest,
  { config, expressions }: ActivityDeps,
): Promise<JsonValue | MappingFailed | undefined> {
  const place = { endpoint, provider: handle.provider, endpointId: handle.endpointId, direction: 'output' } as const;
  const { output: template } = mappingOf(config, place);
  if (template === undefined || output === undefined) return output;
  return await mapValue(template, output, place, expressions).catch((error: unknown) => {
    if (error instanceof MappingFailed) return error;
    throw error;
  });
}

/** What is known of a job beside its output. */
export function endDetails(
  handle: JobHandle,
  endpoint: string,
  config: Config,
  job: RemoteJob | undefined,
  ended: boolean,
): JobEndDetails {
  const cost = job?.executionTimeMs === undefined ? undefined : estimateCostUsd(config, endpoint, job.executionTimeMs);
  return {
    jobId: handle.jobId,
    ended,
    ...(job?.delayTimeMs === undefined ? {} : { delayTimeMs: job.delayTimeMs }),
    ...(job?.executionTimeMs === undefined ? {} : { executionTimeMs: job.executionTimeMs }),
    ...(job?.workerId === undefined ? {} : { workerId: job.workerId }),
    ...(job?.retries === undefined ? {} : { retries: job.retries }),
    ...(cost === undefined ? {} : { estimatedCostUsd: cost }),
  };
}
