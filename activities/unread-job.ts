import type { Context } from '@temporalio/activity';
import type { JobHandle } from '../job-api/job.js';
import type { JobApi } from '../job-api/job-api.js';
import { readableUntil } from '../job-api/polling/result-life.js';
import { countOne } from './metrics.js';

/** The part of the time that a result stays for which a job may go unread before that is worth a word. */
const WORTH_A_WORD = 1 / 2;

/** The handle with how long its result stays, where it was submitted before that was recorded, or named by a webhook. */
export function withRetention(handle: JobHandle, api: JobApi): JobHandle {
  return { retentionMs: api.retentionMs.run, ...handle };
}

/**
 * For how long nobody has read a job, where it is long enough that its result may soon be gone, or is; undefined where it was
 * read in good time.
 *
 * @param aliveAt - when it was last known not to have ended, ISO 8601; absent: when it was submitted
 */
export function unreadFor(handle: JobHandle, aliveAt: string | undefined, nowMs: number): number | undefined {
  const { submittedAtMs, aliveAtMs } = lastRead(handle, aliveAt);
  const staysMs = readableUntil({ ...handle, submittedAtMs, aliveAtMs }) - aliveAtMs;
  const unreadMs = nowMs - aliveAtMs;
  return unreadMs > staysMs * WORTH_A_WORD ? unreadMs : undefined;
}

/** Warns of a job that comes back after nobody has read it for long. */
export function warnOfUnread(handle: JobHandle, aliveAt: string | undefined, context: Context): void {
  const unreadMs = unreadFor(handle, aliveAt, Date.now());
  if (unreadMs === undefined) return;
  const { jobId, provider, endpointId } = handle;
  const { log, info } = context;
  const endpoint = `${provider}/${endpointId}`;
  countOne(context, 'readLate', endpoint);
  log.warn('nobody has read a job for long: its result may be gone soon', {
    jobId,
    endpoint,
    run: info.workflowExecution?.workflowId,
    unreadMs,
    readableUntil: new Date(readableUntil({ ...handle, ...lastRead(handle, aliveAt) })).toISOString(),
  });
}

function lastRead({ submittedAt }: JobHandle, aliveAt = submittedAt) {
  return { submittedAtMs: Date.parse(submittedAt), aliveAtMs: Date.parse(aliveAt) };
}
