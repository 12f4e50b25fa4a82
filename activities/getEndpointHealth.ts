import { cancellationSignal } from '@temporalio/activity';
import type { EndpointHealth } from '../job-api/job.js';
import type { EndpointReference } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';

/** The endpoint's counters of jobs and workers. */
export async function getEndpointHealth(
  { provider, endpointId }: EndpointReference,
  deps: ActivityDeps,
): Promise<EndpointHealth> {
  try {
    return await deps.jobApi(provider).health(endpointId, { signal: cancellationSignal() });
  } catch (error) {
    cancellationSignal().throwIfAborted();
    throw toFailure(error);
  }
}
