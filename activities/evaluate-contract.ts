/** What is asked of the expressions of a pipeline. Types only, as `contract.ts`. */
import type { JsonValue } from '../job-api/json.js';
import type { StepStatus } from '../workflows/contract.js';
import type { JobSettings, NestedSettings, Template } from '../workflows/plan.js';
import type { SliceItems } from './slice-contract.js';

export interface EvaluateRequest {
  readonly tasks: readonly EvaluateTask[];
  /** `null` where no task names `$input`. */
  readonly input: JsonValue;
  readonly steps: Readonly<Record<string, StepView>>;
  readonly run: {
    readonly workflowId: string;
    readonly runId: string;
    readonly startedAt: string;
    /** Of a run that a schedule started: the time it was scheduled for. */
    readonly scheduledAt?: string;
  };
}

export interface EvaluateResult {
  /** One outcome for each task, in their order: a bad expression fails its step, not those that do not wait for it. */
  readonly outcomes: readonly EvaluateOutcome[];
}

/** What an expression sees as `$steps.<name>`. */
export interface StepView {
  readonly status: StepStatus;
  readonly output: JsonValue;
  readonly error?: { readonly type: string; readonly message: string };
  /** Of a `forEach`: a list of what each failed item failed with, `null` for the others; or a reference to it. */
  readonly errors?: JsonValue;
}

/** One step to prepare, or the pipeline's output. */
export interface EvaluateTask {
  /** The step's name, or `output`: what an error names. */
  readonly name: string;
  /**
   * The steps that it sees; absent: all that the request has. It waits for those that are evaluated before it in the same call, and
   * then has an outcome only where that is what it would be in a call of its own; else it is `put-off`.
   */
  readonly needs?: readonly string[];
  /** An `input` refuses an expression that yields nothing; a `value` takes it as null. */
  readonly kind: 'input' | 'value';
  readonly when?: Template;
  readonly forEach?: Template;
  readonly body: Template;
  /** Where the body stands in its step, for messages; absent: `input` or `set`. */
  readonly place?: readonly string[];
  /** Items that the `forEach` may yield, where that is less than usual. */
  readonly maxItems?: number;
  /** Items that the history of the run still takes; more are handed to slices. Absent: as many as one history holds. */
  readonly itemsHere?: number;
  /** What the step failed with: `$error`, for its other output. */
  readonly error?: { readonly type: string; readonly message: string };
  /** Of an `input`: lets `{}` through. */
  readonly allowEmptyInput?: boolean;
  /** Of an `input`: what its jobs are run with. Stored for the slices of a `forEach` over many items. */
  readonly job?: JobSettings;
  /** The same of an `input` for nested pipelines. */
  readonly nested?: NestedSettings;
  readonly inlineMaxBytes: number;
  /**
   * Whoever reads the value of this step is evaluated in the same call: once all of them have an outcome, it is not told. Since
   * `plan.v` 4.
   */
  readonly readHere?: true;
}

export type EvaluateOutcome =
  | { readonly kind: 'skipped' }
  | { readonly kind: 'one'; readonly value: JsonValue }
  /** One value for each item of the `forEach`. */
  | { readonly kind: 'each'; readonly values: readonly JsonValue[] }
  /** More items than one history should hold: stored, to be worked off in slices. */
  | { readonly kind: 'many'; readonly work: JsonValue; readonly slices: readonly SliceItems[] }
  | { readonly kind: 'failed'; readonly type: 'ExpressionFailed' | 'ValueTooLarge'; readonly message: string }
  /** Of a task that is read here: it has a value, which nobody will ask for. Since `plan.v` 4. */
  | { readonly kind: 'used' }
  /** To be asked for again, by a call that it does not wait in. Since `plan.v` 3. */
  | { readonly kind: 'put-off' };
