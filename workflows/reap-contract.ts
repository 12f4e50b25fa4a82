/** What `reap` takes and returns, and what its passes hand on. Types only; fields are added, never changed. */
import type { JobHandle } from '../job-api/job.js';
import type { SettleOutcome } from './contract.js';

/** Input of the workflow `reap`. */
export interface ReapInput {
  /** Runs of this task queue: another has workers, and perhaps accounts, of its own. */
  readonly taskQueue: string;
  /** Says what would be settled, and leaves it as it is. */
  readonly dryRun?: boolean;
  /** Runs looked at in one pass, 1 to 500; 100 where absent. */
  readonly maxRuns?: number;
  /** Runs that closed then or later, ISO 8601. Absent: where the last pass of the schedule ended, at first 7 days ago. */
  readonly since?: string;
  /** Set by a pass that did not get to the end, for the next. */
  readonly continued?: { readonly passes: number; readonly result: ReapResult };
}

/** A run as Temporal names it. */
export interface RunReference {
  readonly workflowId: string;
  readonly runId: string;
}

/** A run to look at. */
export interface RunToReap extends RunReference {
  /** Absent while it is open. */
  readonly closedAt?: string;
}

/**
 * What became of a job that no run looked after. `ended`: it had, before anything was done. `running`, of a dry run: it
 * would be stopped.
 */
export type ReapOutcome = SettleOutcome | 'ended' | 'running';

export interface ReapedJob {
  readonly workflowId: string;
  readonly handle: JobHandle;
  readonly outcome: ReapOutcome;
}

/** What the next pass needs to know of those before. */
export interface ReapState {
  /** Runs that closed before were looked at, ISO 8601. */
  readonly through: string;
  /** Those looked at that closed so shortly before that they are listed again. */
  readonly done: readonly DoneRun[];
  /** Runs with a job that was not seen to end, to be looked at again. */
  readonly left: readonly LeftRun[];
}

/** By no more than it takes to know it again. */
export type DoneRun = Required<Pick<RunToReap, 'runId' | 'closedAt'>>;

export interface LeftRun extends RunReference {
  /** When the provider has deleted its jobs in any case, ISO 8601. */
  readonly until: string;
}

/** Result of the workflow `reap`. */
export interface ReapResult {
  /** Runs looked at. */
  readonly runs: number;
  /** Jobs whose end their run had not seen, by what became of them. */
  readonly outcomes: Readonly<Partial<Record<ReapOutcome, number>>>;
  /** The first 100 of them, without those that had ended by themselves. */
  readonly jobs: readonly ReapedJob[];
  /** Submits of those runs whose fate is not known. */
  readonly suspectedDuplicates: number;
  /** Runs whose histories could not be read, the first 20 of them. */
  readonly unreadable: readonly (RunReference & { readonly message: string })[];
  /** It stopped before the end: the next pass goes on there. */
  readonly more: boolean;
  readonly state: ReapState;
}
