import { JobApiError, RateLimited, SubmitAmbiguous } from '../errors.js';
import type { Operation } from '../http/call.js';
import { ExchangeFailed } from '../http/exchange.js';
import type { EndpointHealth, ReportedJob, StreamRead, SubmitRequest } from '../job.js';
import type { CallOptions, JobApi, WaitOptions } from '../job-api.js';
import type { EndpointLimiter } from './endpoint-limiter.js';

/**
 * A job API whose requests keep to limits: each waits for its place, up to a second, and rejects with `HeldBack` where there
 * will be none; what a provider refuses, and how many workers it says are running, the limiter is told.
 *
 * @param limiterOf - that of an endpoint; for limits of the whole account the same for all, undefined where nothing is kept
 */
export function withLimits(api: JobApi, limiterOf: (endpointId: string) => EndpointLimiter | undefined): JobApi {
  async function within<T>(
    operation: Operation,
    endpointId: string,
    options: CallOptions | undefined,
    send: () => Promise<T>,
  ): Promise<T> {
    // What the dialect has no request for is refused without one.
    if (api.unsupported.has(operation)) return await send();
    const limiter = limiterOf(endpointId);
    if (limiter === undefined) return await send();
    const permit = await limiter.acquire(operation, { signal: options?.signal });
    const sentAtMs = limiter.now();
    try {
      return await send();
    } catch (error) {
      if (error instanceof RateLimited) limiter.refused(operation, sentAtMs, error.retryAfterMs);
      if (isGivenUp(error)) permit.abandon();
      throw error;
    } finally {
      permit.release();
    }
  }

  return {
    unsupported: api.unsupported,
    maxBodyBytes: api.maxBodyBytes,
    retentionMs: api.retentionMs,
    run: (endpointId: string, request: SubmitRequest, options?: CallOptions): Promise<ReportedJob> =>
      within('run', endpointId, options, () => api.run(endpointId, request, options)),
    runSync: (endpointId: string, request: SubmitRequest, options?: WaitOptions): Promise<ReportedJob> =>
      within('runSync', endpointId, options, () => api.runSync(endpointId, request, options)),
    status: (endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob> =>
      within('status', endpointId, options, () => api.status(endpointId, jobId, options)),
    statusSync: (endpointId: string, jobId: string, options?: WaitOptions): Promise<ReportedJob> =>
      within('statusSync', endpointId, options, () => api.statusSync(endpointId, jobId, options)),
    stream: (endpointId: string, jobId: string, options?: WaitOptions): Promise<StreamRead> =>
      within('stream', endpointId, options, () => api.stream(endpointId, jobId, options)),
    cancel: (endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob> =>
      within('cancel', endpointId, options, () => api.cancel(endpointId, jobId, options)),
    retry: (endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob> =>
      within('retry', endpointId, options, () => api.retry(endpointId, jobId, options)),
    purgeQueue: (endpointId: string, options?: CallOptions): Promise<{ readonly removed: number }> =>
      within('purgeQueue', endpointId, options, () => api.purgeQueue(endpointId, options)),
    async health(endpointId: string, options?: CallOptions): Promise<EndpointHealth> {
      const health = await within('health', endpointId, options, () => api.health(endpointId, options));
      if (health.workers.running !== undefined) limiterOf(endpointId)?.observeWorkers(health.workers.running);
      return health;
    },
    close: () => api.close(),
  };
}

/** Whether the request of a call that failed may still be at the provider: it left, and nobody waits for its answer. */
function isGivenUp(error: unknown): boolean {
  // A signal's own reason.
  if (!(error instanceof JobApiError)) return true;
  if (error.httpStatus !== undefined) return false;
  return error instanceof SubmitAmbiguous || (error.cause instanceof ExchangeFailed && error.cause.sent);
}
