/** What a pipeline, or a slice of one, and the pipelines of its steps say to each other. Types and names only. */
import type { EvaluateRequest } from '../activities/contract.js';
import type { JsonValue } from '../job-api/json.js';
import type { Spent } from './budget/account.js';
import type { BudgetPart } from './budget/messages.js';
import type { NestedFailureDetails, Settlement, SettlingProgress } from './contract.js';
import type { Counts } from './pipelines/pipeline-state.js';
import type { NestedSettings } from './plan.js';

/** What expressions see as `$run`: the run that somebody started, also in the pipelines within. */
export type RunIdentity = EvaluateRequest['run'];

/** Input of the workflow `nested`, which a pipeline or a slice starts as its child. */
export interface NestedInput {
  readonly v: 1;
  readonly step: string;
  /** `$index`, where it runs for an item of a `forEach`. */
  readonly index?: number;
  readonly settings: NestedSettings;
  /** In stored form. */
  readonly input: JsonValue;
  readonly run: RunIdentity;
  /** Of the run that somebody started. */
  readonly tenant?: string;
  /** Its part of the budget of the run around it. */
  readonly budget?: BudgetPart;
  /** An output whose JSON is longer becomes an artifact. */
  readonly outputMaxBytes: number;
  /** Whether it tells how far it is: that costs events in the history of the one who is told. */
  readonly reports: boolean;
  /**
   * It tells, once it is cancelled, how many jobs it has to settle, and with `all` also how far it is with them. Absent of runs
   * that were started before it did.
   */
  readonly reportsSettling?: 'first' | 'all';
}

/** Of one that completed. Failed, it fails as its step does, with a {@link NestedFailure}; cancelled, it says so by signal. */
export interface NestedResult {
  /** In stored form, as the next step takes it. */
  readonly output: JsonValue;
  readonly counts: Counts;
  /** Of its jobs, those that may still run. */
  readonly settlement: Settlement;
  /** Of its part of the budget. */
  readonly spent?: Spent;
}

/** First detail of the failure of a nested run that had started jobs. */
export interface NestedFailure extends Pick<NestedFailureDetails, 'step' | 'index' | 'cause'> {
  readonly counts: Counts;
  readonly settlement: Settlement;
  readonly spent?: Spent;
}

/** To the pipeline or slice that started it. Its argument is a {@link NestedReport}. */
export const NESTED_REPORT_SIGNAL = 'nestedReport';

export interface NestedReport {
  /** The nested run: one that was cancelled before a reset may still be telling. */
  readonly workflowId: string;
  readonly counts: Counts;
  /** Of a run that was cancelled, where it {@link NestedInput.reportsSettling | is to tell}. */
  readonly settling?: SettlingProgress;
  /** Both with the last one of a cancelled run, which has no result to put them in. */
  readonly settlement?: Settlement;
  readonly spent?: Spent;
}
