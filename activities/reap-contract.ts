/** What is asked of runs that closed and left jobs. Types only, as `contract.ts`. */
import type { DoneRun, ReapedJob, ReapOutcome, RunReference, RunToReap } from '../workflows/reap-contract.js';

export interface FindUnsettledRequest {
  readonly taskQueue: string;
  /** Runs that closed from then on, ISO 8601; 7 days ago where absent. */
  readonly from?: string;
  /** Those listed before. */
  readonly done: readonly DoneRun[];
  readonly maxRuns: number;
  /** Lists the open ones too that have left a job. */
  readonly includeOpen: boolean;
}

export interface FindUnsettledResult {
  /** The oldest, at most `maxRuns`, unless more closed in one millisecond; then those that are open. */
  readonly runs: readonly RunToReap[];
  /** Every run that closed before is listed, here or in `done`; ISO 8601. */
  readonly through: string;
  readonly more: boolean;
  /**
   * Milliseconds after which a pass that still settles jobs looks again; the next time after twice as long, and so on. Absent, of
   * workers before this: it does not.
   */
  readonly lookAgainMs?: number;
}

export interface SettleRunRequest extends RunReference {
  /** Reads its jobs, and cancels none. */
  readonly dryRun?: boolean;
}

export interface SettleRunResult {
  /** Jobs whose end the run had not seen, by what became of them. */
  readonly outcomes: Readonly<Partial<Record<ReapOutcome, number>>>;
  /** The first 100 of them, without those that had ended by themselves. */
  readonly jobs: readonly ReapedJob[];
  readonly suspectedDuplicates: number;
  /** Those of them that the run did not live to count itself, by their endpoints (`provider/endpointId`). */
  readonly unseenDuplicates?: Readonly<Record<string, number>>;
  /** Where a job may still run: when its provider has deleted it in any case, ISO 8601. */
  readonly unconfirmedUntil?: string;
  /** Why its history could not be read. */
  readonly unreadable?: string;
}
