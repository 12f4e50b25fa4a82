import { setTimeout as delay } from 'node:timers/promises';
import { EndpointNotFound, HeldBack, JobApiError, JobNotFound } from '../job-api/errors.js';
import { isTerminal, type JobHandle, type RemoteJob } from '../job-api/job.js';
import type { JobApi } from '../job-api/job-api.js';
import type { SettleOutcome } from '../workflows/contract.js';

/** A 404 on a job this young may only mean that the provider has not caught up. */
export const FRESH_JOB_MS = 30_000;

export interface Settled {
  readonly outcome: SettleOutcome;
  /** The last thing the provider said of the job. */
  readonly job?: RemoteJob;
}

export interface SettleOptions {
  /** Epoch milliseconds after which the job is left as it is. */
  readonly deadline: number;
  /** Throws `HeldBack` where our own limits leave no room for a while, for the caller to come back. Absent: it is waited. */
  readonly comesBack?: boolean;
}

/** A wait for our own limits that is not worth leaving for. */
const SHORT_WAIT_MS = 1_000;

/**
 * Brings a remote job to a known end: reads it first (a result that is already there is kept), cancels it, and reads
 * until it has ended, since an accepted cancel proves nothing: RunPod workers were seen to run on, and a result may
 * still win the race. A provider that refuses or does not answer is asked again until the deadline.
 */
export async function settle(
  api: JobApi,
  handle: JobHandle,
  { deadline, comesBack = false }: SettleOptions,
): Promise<Settled> {
  let last: RemoteJob | undefined;
  let cancelled = false;

  for (let round = 0; ; round++) {
    let waitMs = Math.min(100 * 2 ** round, 2_000);
    try {
      last = await api.status(handle.endpointId, handle.jobId);
      if (isTerminal(last.status)) {
        // Whoever cancelled it: perhaps an earlier attempt, which did not live to see it.
        return { outcome: last.status === 'CANCELLED' ? 'stopped' : 'finished-first', job: last };
      }
      // Asked again every few rounds: providers were seen to accept a cancel and forget it.
      if (!cancelled || round % 4 === 0) {
        await api.cancel(handle.endpointId, handle.jobId);
        cancelled = true;
        waitMs = 0;
      }
    } catch (error) {
      if (!(error instanceof JobApiError)) throw error;
      if (comesBack && error instanceof HeldBack && (error.retryAfterMs ?? 0) > SHORT_WAIT_MS) throw error;
      const gone = error instanceof JobNotFound || error instanceof EndpointNotFound;
      if (gone && Date.now() - Date.parse(handle.submittedAt) > FRESH_JOB_MS) {
        return { outcome: 'gone', ...(last ? { job: last } : {}) };
      }
      waitMs = Math.max(waitMs, error.retryAfterMs ?? 0);
    }
    if (Date.now() + waitMs >= deadline) return { outcome: 'unconfirmed', ...(last ? { job: last } : {}) };
    await delay(waitMs);
  }
}
