/** What is asked of a `forEach` with more items than one history holds. Types only, as `contract.ts`. */
import type { JsonValue } from '../job-api/json.js';
import type { JobSettings, NestedSettings } from '../workflows/plan.js';
import type { EvaluateRequest } from './evaluate-contract.js';

/** The items of one slice, as a reference to their list. */
export interface SliceItems {
  readonly items: JsonValue;
  readonly count: number;
}

export interface OpenSliceRequest {
  /** As `evaluate` returned it. */
  readonly work: JsonValue;
  readonly items: JsonValue;
  /** The `$index` of the first item. */
  readonly from: number;
}

export type OpenSliceResult =
  | ({ readonly kind: 'opened'; readonly inputs: readonly JsonValue[] } & SliceItemsRun)
  | { readonly kind: 'failed'; readonly type: 'ExpressionFailed' | 'ValueTooLarge'; readonly message: string };

/** What is run for each item: a job, or a pipeline with the `$run` that it sees. */
export type SliceItemsRun =
  | { readonly job: JobSettings; readonly nested?: never }
  | { readonly job?: never; readonly nested: NestedSettings; readonly run: EvaluateRequest['run'] };

/** Outputs of items in their order, `null` for a failed one, and what each failed with. */
export interface ItemResults {
  readonly outputs: readonly JsonValue[];
  readonly errors: readonly (null | { readonly type: string; readonly message: string })[];
}

export interface GatherRequest {
  /** What `storeResults` returned for each slice, in their order. */
  readonly parts: readonly JsonValue[];
}

/** References to the lists. */
export interface GatherResult {
  readonly output: JsonValue;
  /** Absent where no item failed. */
  readonly errors?: JsonValue;
}
