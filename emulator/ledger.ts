import type { JsonValue } from '../job-api/json.js';
import type { Job, WireStatus } from './job.js';

/** One job that was ever accepted, kept for as long as the emulator runs. Times are ISO 8601. */
export interface LedgerEntry {
  readonly id: string;
  readonly endpoint: string;
  /** The last status; `DELETED` for a job that was removed before it ended, by its ttl or by a fault. */
  readonly status: WireStatus | 'DELETED';
  readonly acceptedAt: string;
  /** Start of the latest attempt; null for a job that never ran. */
  readonly startedAt: string | null;
  /** Null while the job is queued or running. */
  readonly endedAt: string | null;
  /** Running time of all attempts, in milliseconds. Grows while the job runs. */
  readonly billedMs: number;
  readonly input: JsonValue;
}

export function ledgerEntry(job: Job): LedgerEntry {
  const vanished = job.deleted && (job.status === 'IN_QUEUE' || job.status === 'IN_PROGRESS');
  return {
    id: job.id,
    endpoint: job.endpointId,
    status: vanished ? 'DELETED' : job.status,
    acceptedAt: isoTime(job.acceptedAt),
    startedAt: job.startedAt === undefined ? null : isoTime(job.startedAt),
    endedAt: job.endedAt === undefined ? null : isoTime(job.endedAt),
    billedMs: job.billedMs,
    input: job.request.input,
  };
}

function isoTime(epochMs: number): string {
  return new Date(epochMs).toISOString();
}
