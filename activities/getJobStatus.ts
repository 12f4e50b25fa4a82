import { cancellationSignal } from '@temporalio/activity';
import type { RemoteJob } from '../job-api/job.js';
import type { JobReference } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';

/** One read of a job, as the provider tells it; for workflows of one's own that want to look without waiting. */
export async function getJobStatus({ handle }: JobReference, deps: ActivityDeps): Promise<{ job: RemoteJob }> {
  try {
    return {
      job: await deps.jobApi(handle.provider).status(handle.endpointId, handle.jobId, { signal: cancellationSignal() }),
    };
  } catch (error) {
    cancellationSignal().throwIfAborted();
    throw toFailure(error);
  }
}
