import type { JsonValue } from '../job-api/json.js';

/** What the expressions of one call see, as `$input`, `$steps`, … */
export type Bindings = Readonly<Record<string, JsonValue>>;

/** Result of one expression; `value` is absent where it yields nothing. */
export type Evaluation =
  | { readonly ok: true; readonly value?: JsonValue }
  | { readonly ok: false; readonly message: string };

/** Evaluates JSONata apart from the calling thread, under a limit of time and memory. Never rejects for a bad expression. */
export interface ExpressionEngine {
  evaluate(expression: string, bindings: Bindings): Promise<Evaluation>;
  close(): Promise<void>;
}
