/** What a pipeline and the slices of its `forEach` say to each other. Types and names only. */
import type { JsonValue } from '../job-api/json.js';
import type { Spent } from './budget/account.js';
import type { BudgetPart } from './budget/messages.js';
import type { Settlement } from './contract.js';
import type { SliceReport } from './pipelines/pipeline-state.js';

/** Input of the workflow `slice`, which a pipeline starts as its child. */
export interface SliceInput {
  readonly v: 1;
  readonly step: string;
  /** Its number among the slices of the step. */
  readonly slice: number;
  /** References to what all slices share and to the items of this one. */
  readonly work: JsonValue;
  readonly items: JsonValue;
  /** `$index` of the first item. */
  readonly from: number;
  /** Jobs it may have under way at once, until it is granted more. */
  readonly slots: number;
  /** It reports each time that so many items have ended. */
  readonly reportEvery: number;
  /** It tells how far it is with settling, too, once it is cancelled. Absent of slices that were started before it did. */
  readonly reportsSettling?: true;
  /** Of the run that somebody started. */
  readonly tenant?: string;
  /** Its part of the budget of the run. */
  readonly budget?: BudgetPart;
}

/** A slice always completes, also when it is cancelled: what became of its jobs is its result. */
export interface SliceResult extends Omit<SliceReport, 'step' | 'slice'> {
  /** A reference to the results; absent where it was cancelled or could not begin. */
  readonly part?: JsonValue;
  /** Of a slice that completed all its items, the usage alone. */
  readonly settlement: Settlement;
  /** Of its part of the budget. */
  readonly spent?: Spent;
}

/** To the pipeline. Its argument is a {@link SliceReport}. */
export const SLICE_REPORT_SIGNAL = 'sliceReport';
/** To a slice: more slots. Its argument is a {@link SlotsGranted}. */
export const GRANT_SLOTS_SIGNAL = 'grantSlots';

export interface SlotsGranted {
  readonly slots: number;
}
