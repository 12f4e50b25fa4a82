import { setTimeout as delay } from 'node:timers/promises';
import { EndpointNotFound, HeldBack, JobApiError, JobNotFound } from '../job-api/errors.js';
import { isTerminal, type JobHandle, type RemoteJob } from '../job-api/job.js';
import type { JobApi } from '../job-api/job-api.js';
import type { SettleOutcome } from '../workflows/contract.js';

/** A 404 on a job this young may only mean that the provider has not caught up. */
export const FRESH_JOB_MS = 30_000;
/**
 * For how long a provider must not know a job before it is taken for gone: a single 404 is a slip of what stands before it,
 * while the job runs on, and is billed beside the one that takes its place.
 */
export const MISSING_MS = 3_000;

export interface Settled {
  readonly outcome: SettleOutcome;
  /** Requests to cancel that were sent, accepted or not. */
  readonly cancels: number;
  /** The last thing the provider said of the job. */
  readonly job?: RemoteJob;
}

export interface SettleOptions {
  /** Epoch milliseconds after which the job is left as it is. */
  readonly deadline: number;
  /**
   * Throws, for the caller to come back after `retryAfterMs`, where our own limits leave no room for a while (`HeldBack`), or
   * where the provider names a time after the deadline. Absent: it is waited.
   */
  readonly comesBack?: boolean;
  /** How long the waits that our own limits or the provider ask for may put off the deadline. Absent: they do not. */
  readonly waitsMs?: number;
}

/** A wait that is not worth leaving for. */
const SHORT_WAIT_MS = 1_000;
/** Reads that find the job running on after an accepted cancel, before it is cancelled again: some were seen to be forgotten. */
const FORGOTTEN_AFTER = 4;
/** Reads in a row that failed, before a job is cancelled of which nothing is known: it is not to run on for a lack of reads. */
const UNREAD_AFTER = 4;

/**
 * Brings a remote job to a known end: reads it first (a result that is already there is kept), cancels it, and reads
 * until it has ended, since an accepted cancel proves nothing: RunPod workers were seen to run on, and a result may
 * still win the race. A provider that refuses, forgets or does not answer is asked again until the deadline. Only reads
 * say that a job is gone, over a while: what a cancel is refused with tells nothing of the job. One that cannot be read is cancelled all the
 * same, after a few tries, for which there may be a result yet.
 */
export async function settle(
  api: JobApi,
  { endpointId, jobId, submittedAt, ttlMs }: JobHandle,
  { deadline, comesBack = false, waitsMs = 0 }: SettleOptions,
): Promise<Settled> {
  let last: RemoteJob | undefined;
  let cancels = 0;
  let cancelledIn: number | undefined;
  let unread = 0;
  let missingSince: number | undefined;
  const mayWait = (error: JobApiError) => {
    const { retryAfterMs = 0 } = error;
    if (!comesBack || retryAfterMs <= SHORT_WAIT_MS) return true;
    return !(error instanceof HeldBack) && Date.now() + retryAfterMs < deadline;
  };
  let end = deadline;
  /** False, at once, where there is no time for that. */
  const pause = async (waitMs: number, askedMs = 0): Promise<boolean> => {
    end = Math.min(end + askedMs, deadline + waitsMs);
    const ms = Math.max(waitMs, askedMs);
    if (Date.now() + ms >= end) return false;
    await delay(ms);
    return true;
  };
  const told = (outcome: SettleOutcome): Settled => ({ outcome, cancels, ...(last && { job: last }) });

  for (let round = 0; ; round++) {
    let waitMs = Math.min(100 * 2 ** round, 2_000);
    let askedMs: number | undefined;
    try {
      last = await api.status(endpointId, jobId);
      unread = 0;
      missingSince = undefined;
      // Whoever cancelled it: perhaps an earlier attempt, which did not live to see it.
      if (isTerminal(last.status)) return told(last.status === 'CANCELLED' ? 'stopped' : 'finished-first');
    } catch (error) {
      if (!(error instanceof JobApiError) || !mayWait(error)) throw error;
      const gone = error instanceof JobNotFound || error instanceof EndpointNotFound;
      const ageMs = Date.now() - Date.parse(submittedAt);
      if (gone && ageMs > FRESH_JOB_MS) {
        if (ageMs >= ttlMs) return told('gone');
        missingSince ??= Date.now();
        const leftMs = missingSince + MISSING_MS - Date.now();
        if (leftMs <= 0) return told('gone');
        waitMs = leftMs;
      }
      unread += 1;
      if (gone || unread < UNREAD_AFTER) {
        if (!(await pause(waitMs, error.retryAfterMs))) return told('unconfirmed');
        continue;
      }
      askedMs = error.retryAfterMs;
    }
    if (cancelledIn === undefined || round - cancelledIn >= FORGOTTEN_AFTER) {
      try {
        await api.cancel(endpointId, jobId);
        cancels += 1;
        cancelledIn = round;
        waitMs = 0;
      } catch (error) {
        if (!(error instanceof JobApiError) || !mayWait(error)) throw error;
        if (!(error instanceof HeldBack)) cancels += 1;
        askedMs = error.retryAfterMs;
      }
    }
    if (!(await pause(waitMs, askedMs))) return told('unconfirmed');
  }
}
