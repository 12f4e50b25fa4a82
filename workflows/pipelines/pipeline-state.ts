/** What a pipeline knows of its steps, and what can happen to them. Types, and what can be read off a state. */
import type { EvaluateOutcome } from '../../activities/contract.js';
import type { JsonValue } from '../../job-api/json.js';
import type { FailureType, SettlingProgress, StepStatus } from '../contract.js';
import type { PipelinePlan } from '../plan.js';
import type { SlicedWork } from '../slices/slices.js';

/** Why something failed, as `$steps.<name>.error` and the run's failure show it. */
export interface StepError {
  readonly type: FailureType;
  readonly message: string;
}

export interface ItemState {
  readonly status: 'waiting' | 'running' | 'completed' | 'failed' | 'cancelled';
  readonly input: JsonValue;
  readonly output?: JsonValue;
  readonly error?: StepError;
  readonly startedAt?: string;
}

export interface StepState {
  /** `preparing`: its expressions are being evaluated. */
  readonly status: StepStatus | 'preparing';
  /** Jobs or approvals of the step; one where it has no `forEach`. */
  readonly items: readonly ItemState[];
  /** Present where the items are too many for this history: children work them off. */
  readonly sliced?: SlicedWork;
  /** Where the pipeline of a step stands that has only one, by its last report. */
  readonly within?: Counts;
  readonly output: JsonValue;
  readonly error?: StepError;
  /** Of a sliced step: a reference to what each of its items failed with. */
  readonly errors?: JsonValue;
  /** Set when the step is bound to fail but some of its items are still being settled. */
  readonly failing?: { readonly error: StepError; readonly index?: number };
  /** Of a step that failed and is given another output: nothing of it runs any more, and whether that was asked for. */
  readonly replacing?: 'due' | 'issued';
  /** Whether the cancel of its running items was issued. */
  readonly cancelIssued?: boolean;
  readonly startedAt?: string;
  readonly endedAt?: string;
}

export interface PipelineState {
  readonly steps: Readonly<Record<string, StepState>>;
  /** Set when no further step is started: the run was cancelled, or a step failed. */
  readonly stopping?: { readonly kind: 'cancelled' } | StoppingForFailure;
  readonly output?: 'preparing' | { readonly value: JsonValue };
}

export interface StoppingForFailure {
  readonly kind: 'failed';
  /** Absent where the pipeline's own output could not be made. */
  readonly step?: string;
  readonly index?: number;
  readonly error: StepError;
}

/** Nothing more is started, and what is under way goes on to its end: the budget has no room for more. */
export function isRunningOut({ stopping }: PipelineState): boolean {
  return stopping?.kind === 'failed' && isOfBudget(stopping.error);
}

export function isOfBudget({ type }: StepError): boolean {
  return type === 'BudgetExceeded';
}

export type PipelineEvent =
  | { readonly kind: 'cancel-requested' }
  | { readonly kind: 'prepare-issued'; readonly steps: readonly string[]; readonly at: string }
  | { readonly kind: 'prepared'; readonly step: string; readonly outcome: EvaluateOutcome; readonly at: string }
  | { readonly kind: 'item-started'; readonly step: string; readonly index: number; readonly at?: string }
  | {
      readonly kind: 'item-ended';
      readonly step: string;
      readonly index: number;
      readonly end: ItemEnd;
      readonly at: string;
    }
  | { readonly kind: 'slice-started'; readonly step: string; readonly slice: number; readonly slots: number }
  | { readonly kind: 'slots-granted'; readonly step: string; readonly slice: number; readonly slots: number }
  | ({ readonly kind: 'slice-reported'; readonly at: string } & SliceReport)
  | ({ readonly kind: 'slice-ended'; readonly at: string; readonly part?: JsonValue } & SliceReport)
  | { readonly kind: 'nested-reported'; readonly step: string; readonly counts: Counts }
  | { readonly kind: 'gather-issued'; readonly step: string }
  | {
      readonly kind: 'gathered';
      readonly step: string;
      readonly at: string;
      readonly output: JsonValue;
      readonly errors?: JsonValue;
    }
  | { readonly kind: 'gather-failed'; readonly step: string; readonly at: string; readonly error: StepError }
  | { readonly kind: 'replace-issued'; readonly step: string }
  | { readonly kind: 'replaced'; readonly step: string; readonly outcome: EvaluateOutcome; readonly at: string }
  | { readonly kind: 'cancel-issued'; readonly steps: readonly string[] }
  | { readonly kind: 'output-issued' }
  | { readonly kind: 'output-prepared'; readonly outcome: EvaluateOutcome };

/** Where a slice stands, by its own count. */
export interface SliceReport {
  readonly step: string;
  readonly slice: number;
  readonly done: number;
  readonly failed: number;
  /** Slots it gives back with this report. */
  readonly freed: number;
  /** Once it is cancelled. */
  readonly settling?: SettlingProgress;
  /** Its first failed item. */
  readonly failure?: StepError & { readonly index: number };
  /** The first of its items that the budget had no room for. */
  readonly exceeded?: StepError & { readonly index: number };
  /** Why it cannot go on, whatever is tolerated. */
  readonly broken?: StepError;
}

export type ItemEnd =
  | { readonly kind: 'completed'; readonly output: JsonValue }
  | ({ readonly kind: 'failed' } & StepError)
  | { readonly kind: 'cancelled' };

export const PENDING: StepState = { status: 'pending', items: [], output: null };

export function initialState(plan: PipelinePlan): PipelineState {
  return { steps: Object.fromEntries(plan.steps.map(({ name }) => [name, PENDING])) };
}

/** True once nothing more happens to the step. */
export function hasEnded({ status }: StepState): boolean {
  return status === 'completed' || status === 'failed' || status === 'skipped' || status === 'cancelled';
}

/** What there is to do, and what of it has ended well or not. */
export interface Counts {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
}

/** Items by how they stand, whether they run here or in slices. */
export function countItems({ items, sliced }: StepState): Counts {
  const of = (status: ItemState['status']) => items.filter((item) => item.status === status).length;
  return (sliced?.slices ?? []).reduce(
    (count, slice) => ({
      done: count.done + slice.done,
      failed: count.failed + slice.failed,
      total: count.total + slice.count,
    }),
    { done: of('completed'), failed: of('failed'), total: items.length },
  );
}
