import type { EndpointReference } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';

/** Removes every queued job of an endpoint, whoever submitted it; jobs in progress go on. One attempt. */
export async function purgeQueue(
  { provider, endpointId }: EndpointReference,
  deps: ActivityDeps,
): Promise<{ removed: number }> {
  try {
    return await deps.jobApi(provider).purgeQueue(endpointId);
  } catch (error) {
    throw toFailure(error);
  }
}
