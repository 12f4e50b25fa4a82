import type { JsonObject } from '../job-api/json.js';
import type { Job } from './job.js';

/** The job as RunPod's `status`, a finished `runsync` and the webhook give it: only the fields that are known by then. */
export function runpodJob(job: Job): JsonObject {
  if (job.status === 'IN_QUEUE') return { id: job.id, status: job.status };
  return {
    id: job.id,
    status: job.status,
    ...(job.delayTimeMs !== undefined && { delayTime: job.delayTimeMs }),
    ...(job.executionTimeMs !== undefined && { executionTime: job.executionTimeMs }),
    ...(job.workerId !== undefined && { workerId: job.workerId }),
    ...(job.retries > 0 && { retries: job.retries }),
    ...(job.output !== undefined && { output: job.output }),
    ...(job.error !== undefined && { error: job.error }),
  };
}
