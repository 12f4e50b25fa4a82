/** What is on record when all is over: the provider's ledger, and what each run knows. The accounts are made of it alone. */

/** A job that the provider accepted. Times are epoch milliseconds. */
export interface RemoteJob {
  readonly id: string;
  /** Who it was for, by its input. */
  readonly run: string;
  readonly unit: string;
  readonly status: 'IN_QUEUE' | 'IN_PROGRESS' | 'COMPLETED' | 'FAILED' | 'CANCELLED' | 'TIMED_OUT' | 'DELETED';
  readonly acceptedAt: number;
  /** Absent while it is queued or runs. */
  readonly endedAt?: number;
}

export type RunEnd = 'completed' | 'failed' | 'cancelled' | 'terminated' | 'timed-out' | 'open';

/** What a run, with its children, has on record of the jobs that it caused. */
export interface RunRecord {
  readonly run: string;
  readonly end: RunEnd;
  /** What it failed with, where it did. */
  readonly failure?: string;
  /** Epoch milliseconds; absent while it is open. */
  readonly closedAt?: number;
  /** Ids of the jobs that it mentions, anywhere. */
  readonly known: ReadonlySet<string>;
  /** Those of them whose result it was given. */
  readonly resultOf: ReadonlySet<string>;
  /** Those that it was told had ended without a result, although they completed: their output was lost by their provider. */
  readonly withoutOutput: ReadonlySet<string>;
  /** Those that it did not want any more, and did not see to their end. */
  readonly gaveUp: ReadonlySet<string>;
  /** Those that it saw to their end because it did not want them any more. */
  readonly settled: ReadonlySet<string>;
  /** Submits that it, or the reaper for it, reported as possible duplicates. */
  readonly suspectedDuplicates: number;
  /** Workflow tasks that failed, but for the server's own reasons. */
  readonly failedTasks: number;
}

/** All that a way of running jobs left behind. */
export interface Evidence {
  readonly jobs: readonly RemoteJob[];
  readonly runs: readonly RunRecord[];
  /** When the evidence was taken, epoch milliseconds. */
  readonly takenAt: number;
}
