import { type Config, estimateCostUsd } from '../config/index.js';
import { classifyEnd } from '../job-api/classify.js';
import type { JobHandle, RemoteJob } from '../job-api/job.js';
import type { AwaitJobRequest, CompletedJob, JobEndDetails } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { jobEnded } from './failure.js';
import { keepOutput } from './keep-output.js';
import { mapOutput, outputRejected, toOutputRejected } from './map-output.js';
import { checkOutput } from './output-check.js';
import { loadSchema } from './output-schemas.js';

interface FinishRequest extends Pick<AwaitJobRequest, 'handle' | 'endpoint' | 'outputSchema' | 'inlineMaxBytes'> {
  /** See {@link JobEndDetails}. */
  readonly unreadMs?: number | undefined;
}

/**
 * Makes a result of a job that has ended: the output mapped, checked, captured where its endpoint says so and, where it is large, stored.
 * Throws the failure of a job that did not complete.
 */
export async function finishJob(job: RemoteJob, request: FinishRequest, deps: ActivityDeps): Promise<CompletedJob> {
  const { handle, endpoint } = request;
  const { unreadMs } = request;
  const place = { ...handle, endpoint };
  const details = {
    ...endDetails(handle, endpoint, deps.config, job, true),
    ...(unreadMs !== undefined && { unreadMs }),
  };
  const end = classifyEnd(job);
  if (end.kind !== 'completed') throw jobEnded(end.kind, end.error.message, { ...details, error: end.error });

  const mapped =
    job.output === undefined
      ? undefined
      : await mapOutput(job.output, place, deps).catch((error: unknown) => {
          throw toOutputRejected(error, details);
        });
  const rejection = checkOutput(mapped, await loadSchema(request.outputSchema, deps.store));
  if (rejection !== undefined || mapped === undefined) throw outputRejected(rejection ?? 'has no output', details);
  const endedAt = Date.parse(handle.submittedAt) + (job.delayTimeMs ?? 0) + (job.executionTimeMs ?? 0);
  const { inlineMaxBytes } = request;
  const output = await keepOutput(mapped, { place, inlineMaxBytes, endedAt, details }, deps);
  const { jobId: _, ended: __, ...facts } = details;
  return { output, ...facts };
}

/** What is known of a job beside its output. */
export function endDetails(
  handle: Pick<JobHandle, 'jobId'>,
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
