/** For how long a job that nobody reads can still be read: what the order and the pace of reads follow. Pure. */
import type { JobHandle } from '../job.js';

/** What is known of how long a job stays. Absent: it is not told, and nothing follows from it. */
export type Retention = Partial<Pick<JobHandle, 'ttlMs' | 'retentionMs'>>;

/** A job as it was last read, times in epoch milliseconds. */
export interface LastRead extends Retention {
  readonly submittedAtMs: number;
  /** When the provider last said that it had not ended; at first, when it was submitted. */
  readonly aliveAtMs: number;
}

/** The part of the time that a result stays after which the job is read again: what is left is for what may go wrong. */
const UNREAD_PART = 1 / 3;
/** Near its end a job is not read more often than this, however little time is left. */
const LEAST_MS = 1_000;

/**
 * Until when the result of a job can certainly be read: it may have ended just after it was last seen alive, and is deleted
 * in any case when its ttl is over.
 */
export function readableUntil({ submittedAtMs, aliveAtMs, ttlMs, retentionMs }: LastRead): number {
  return Math.min(
    Math.max(submittedAtMs, aliveAtMs) + (retentionMs ?? Number.POSITIVE_INFINITY),
    submittedAtMs + (ttlMs ?? Number.POSITIVE_INFINITY),
  );
}

/** By then the job is to be read again, whatever else is known of it; never, where nothing tells how long it stays. */
export function toBeReadBy(read: LastRead): number {
  const leftMs = readableUntil(read) - read.aliveAtMs;
  // One that should be deleted by now is not to be asked for at every turn.
  if (leftMs <= 0 || leftMs === Number.POSITIVE_INFINITY) return Number.POSITIVE_INFINITY;
  return read.aliveAtMs + Math.max(LEAST_MS, leftMs * UNREAD_PART);
}

/**
 * Puts jobs that were not read for a while in the order in which their results disappear: the time from which one may have
 * ended unseen, which is earlier the sooner it is deleted.
 */
export function unseenSince(read: LastRead): number {
  const until = readableUntil(read);
  return until === Number.POSITIVE_INFINITY ? read.aliveAtMs : until - (read.retentionMs ?? 0);
}
