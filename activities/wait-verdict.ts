import { isTerminal, type JobHandle, type RemoteJob } from '../job-api/job.js';
import { readableUntil } from '../job-api/polling/result-life.js';
import type { FailureType } from '../workflows/contract.js';
import { FRESH_JOB_MS, MISSING_MS } from './settle.js';

/** What is known of a waiting job and of its limits, at one moment. */
export interface Waiting {
  readonly handle: JobHandle;
  readonly queueMs: number;
  readonly runMs: number;
  /** When the provider last said that it had not ended, epoch milliseconds; absent: nobody has read it yet. */
  readonly aliveAt?: number;
  /** When it was first seen running, epoch milliseconds. */
  readonly runningSince?: number;
  /** Since when the provider has not known it, epoch milliseconds; absent: it did when it was asked last. */
  readonly missingSince?: number;
  readonly now: number;
}

export type WaitVerdict =
  /** It has ended; the status says how. */
  | { readonly kind: 'ended' }
  /** A limit has passed, or the provider lost it. */
  | {
      readonly kind: 'over';
      readonly type: Extract<FailureType, 'QueueTimeout' | 'RunTimeout' | 'JobLost'>;
      readonly message: string;
      /** Of a lost job: see {@link JobEndDetails}. */
      readonly expired?: true;
    }
  /** Keep waiting; look again within `withinMs`, when the next limit passes. */
  | {
      readonly kind: 'waiting';
      readonly withinMs: number;
      readonly runningSince?: number;
      readonly missingSince?: number;
    };

/**
 * What an answer of the provider means for a job that is waited for: `job` is the answer, or why there was none.
 * Queue time counts from the submit until the job is first seen running (the provider's own `delayTime`, where it tells,
 * dates that to before our read); a re-dispatch by the platform does not start the queue limit again.
 */
export function judgeWait(waiting: Waiting, job: RemoteJob | 'not-found' | 'endpoint-not-found'): WaitVerdict {
  const { handle, queueMs, runMs, now } = waiting;
  const submitted = Date.parse(handle.submittedAt);
  const ageMs = now - submitted;

  if (job === 'not-found' || job === 'endpoint-not-found') {
    const { missingSince = now } = waiting;
    const lost = whyLost(waiting, ageMs, job);
    const isDue = lost.expired === true || ageMs >= handle.ttlMs;
    const withinMs = Math.max(FRESH_JOB_MS - ageMs + 1, isDue ? 0 : missingSince + MISSING_MS - now);
    if (withinMs > 0) return { kind: 'waiting', withinMs, missingSince, ...since(waiting) };
    return { kind: 'over', type: 'JobLost', ...lost };
  }
  if (isTerminal(job.status)) return { kind: 'ended' };

  const running = job.status === 'IN_PROGRESS' || waiting.runningSince !== undefined;
  if (running) {
    const runningSince =
      waiting.runningSince ?? (job.delayTimeMs === undefined ? now : Math.min(now, submitted + job.delayTimeMs));
    const leftMs = runningSince + runMs - now;
    if (leftMs > 0) return { kind: 'waiting', withinMs: leftMs, runningSince };
    return {
      kind: 'over',
      type: 'RunTimeout',
      message: `job ${handle.jobId} ran longer than its limit of ${runMs} ms`,
    };
  }
  const leftMs = queueMs - ageMs;
  if (leftMs > 0) return { kind: 'waiting', withinMs: leftMs };
  return {
    kind: 'over',
    type: 'QueueTimeout',
    message: `job ${handle.jobId} was not taken by a worker within its queue limit of ${queueMs} ms`,
  };
}

function since({ runningSince }: Waiting): { runningSince?: number } {
  return runningSince === undefined ? {} : { runningSince };
}

function whyLost(
  { handle, aliveAt, now }: Waiting,
  ageMs: number,
  why: 'not-found' | 'endpoint-not-found',
): { readonly message: string; readonly expired?: true } {
  const { endpointId, jobId, submittedAt, ttlMs, retentionMs } = handle;
  const age = `${seconds(ageMs)} after its submit`;
  if (why === 'endpoint-not-found')
    return { message: `endpoint ${endpointId} is gone, and job ${jobId} with it (${age})` };
  if (ageMs >= ttlMs)
    return { message: `job ${jobId} was deleted by the provider: its ttl of ${ttlMs} ms is over (${age})` };
  const submittedAtMs = Date.parse(submittedAt);
  const aliveAtMs = aliveAt ?? submittedAtMs;
  const expiredAt = readableUntil({ ...handle, submittedAtMs, aliveAtMs });
  if (retentionMs === undefined || now < expiredAt)
    return { message: `the provider no longer knows job ${jobId} (${age}): it vanished` };
  const lastSeen = aliveAt === undefined ? 'nobody had read it before' : `it was last seen alive at ${iso(aliveAt)}`;
  return {
    message: `job ${jobId} is lost: its result expired at ${iso(expiredAt)} or later, ${seconds(retentionMs)} after its end; ${lastSeen}, ${seconds(now - aliveAtMs)} ago`,
    expired: true,
  };
}

function iso(epochMs: number): string {
  return new Date(epochMs).toISOString();
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1_000)} s`;
}
