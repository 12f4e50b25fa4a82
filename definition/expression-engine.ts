import type { JsonValue } from '../job-api/json.js';

/** What the expressions of one call see, as `$input`, `$steps`, … */
export type Bindings = Readonly<Record<string, JsonValue>>;

/** Result of one expression; `value` is absent where it yields nothing. */
export type Evaluation =
  | { readonly ok: true; readonly value?: JsonValue }
  | { readonly ok: false; readonly message: string };

/** Expressions over the same values, evaluated in one go: the values are sent once. */
export interface Batch {
  readonly expressions: readonly string[];
  readonly bindings: Bindings;
  /** Evaluates all expressions once for each of these, bound beside `bindings`. Absent: once. */
  readonly each?: readonly Bindings[];
  /** Time for all of them together, beside the engine's limit for each. */
  readonly budgetMs?: number;
  /** The values are in stored form; absent: they are plain. */
  readonly stored?: StoredForm;
}

/**
 * A reference stands for what is stored. It is handed on as it is; where an expression reads one whose content is not
 * here, there is no result but `needs`.
 */
export interface StoredForm {
  /** Of a list with references at the same place in each item, how many to ask for at once where one is read. */
  readonly ahead: number;
  /** Stored bytes by their digests. They are decoded where the expressions run: it is work, and a call can be long. */
  readonly contents: ReadonlyMap<string, Uint8Array>;
  /** The most that contents may take in `$input`, in what `$steps` has of one step, and in all items together. */
  readonly maxBytes: number;
}

/** A value as JSON text. */
export interface ValueText {
  readonly json: string;
  /**
   * Of a long one: it holds neither a reference nor a text of 1,024 characters or more, which may be a file, and is not
   * nested too deep. It is in stored form as it is.
   */
  readonly isPlain?: boolean;
}

export interface BatchResult {
  /** Row by row, up to the first failure; `undefined` where an expression yields nothing. */
  readonly texts: readonly (ValueText | undefined)[];
  /** The same, parsed when they are asked for: of a large value it is work, and whoever stores it can do without. */
  readonly values: readonly (JsonValue | undefined)[];
  /** Why there are no more values. */
  readonly failure?: {
    readonly message: string;
    /** Which expression it was, counted like the values; absent where that is not known. */
    readonly at?: number;
    /** The contents together are more than may be read. */
    readonly isTooLarge?: boolean;
  };
  /** Digests of what the expressions read: evaluate again with their contents. */
  readonly needs?: readonly string[];
  /** How long the evaluation itself took, without waiting for its turn. */
  readonly ranMs: number;
}

/**
 * Evaluates JSONata apart from the calling process, under a limit of time and memory. Never rejects for a bad expression,
 * only where the engine itself is closed or broken.
 */
export interface ExpressionEngine {
  evaluate(expression: string, bindings: Bindings): Promise<Evaluation>;
  evaluateBatch(batch: Batch): Promise<BatchResult>;
  /** Ends its processes; what is still waiting rejects. */
  close(): Promise<void>;
}
