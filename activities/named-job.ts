import { setTimeout as delay } from 'node:timers/promises';
import type { Context } from '@temporalio/activity';
import { JobApiError, JobNotFound, SubmitAmbiguous } from '../job-api/errors.js';
import type { RemoteJob } from '../job-api/job.js';
import type { JobApi } from '../job-api/job-api.js';
import type { Target } from '../workflows/plan.js';
import { countOne } from './metrics.js';

/** A provider may not know at once of a job that it has just made, or not answer. */
const WITHIN_MS = 5_000;
const PAUSE_MS = 500;

interface Submit {
  readonly api: JobApi;
  readonly target: Target;
  readonly context: Pick<Context, 'log' | 'metricMeter'>;
}

/** Of a submit that threw: goes on with the job that a broken answer names. Throws the same where there is none. */
export async function adoptNamed(error: unknown, { api, target, context }: Submit): Promise<RemoteJob> {
  const { provider, endpointId } = target;
  const job = error instanceof SubmitAmbiguous ? await findNamedJob(api, endpointId, error) : undefined;
  if (job === undefined) throw error;
  const endpoint = `${provider}/${job.endpointId ?? endpointId}`;
  context.log.warn('found the job of a submit by its broken answer', { jobId: job.jobId, endpoint });
  countOne(context, 'adopted', endpoint);
  return job;
}

/**
 * The job of a submit whose answer is broken and yet names one, where the provider knows it: then it was made, and nothing
 * is ambiguous. Undefined where it does not, and where it can't be asked.
 *
 * @param withinMs - how long it is asked
 */
export async function findNamedJob(
  api: JobApi,
  endpointId: string,
  { job }: SubmitAmbiguous,
  withinMs: number = WITHIN_MS,
): Promise<RemoteJob | undefined> {
  if (job === undefined) return undefined;
  const deadline = Date.now() + withinMs;
  for (;;) {
    try {
      const read = await api.status(job.endpointId ?? endpointId, job.jobId);
      return job.endpointId === undefined ? read : { ...read, endpointId: job.endpointId };
    } catch (error) {
      if (!(error instanceof JobApiError)) throw error;
      const pauseMs = Math.max(PAUSE_MS, error.retryAfterMs ?? 0);
      if (!(error.retryable || error instanceof JobNotFound) || Date.now() + pauseMs > deadline) return undefined;
      await delay(pauseMs);
    }
  }
}
