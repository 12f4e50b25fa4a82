import type { RemoteJob } from '../job-api/job.js';
import type { JobReference } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';

/**
 * Puts a FAILED or TIMED_OUT job back into the queue under the same id; its old output is gone then. The workflows of
 * this package submit anew instead, which keeps both results apart. One attempt: a repeat could run the job once more.
 */
export async function retryJob({ handle }: JobReference, deps: ActivityDeps): Promise<{ job: RemoteJob }> {
  try {
    return { job: await deps.jobApi(handle.provider).retry(handle.endpointId, handle.jobId) };
  } catch (error) {
    throw toFailure(error);
  }
}
