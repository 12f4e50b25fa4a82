import { type ArtifactStore, collectRefs, createLimiter } from '../artifacts/index.js';
import type { Bindings, References } from '../definition/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { EvaluateRequest, StepView } from './contract.js';

/** The values that expressions may name, in stored form. Throws an `ArtifactError` where one is none. */
export interface VisibleValues {
  /** What expressions with these references see. */
  bindingsFor(references: readonly References[]): Bindings;
  /** The same for the items of a `forEach`. */
  rowsFor(rows: readonly Bindings[]): readonly Bindings[];
  /** Stored bytes, in the order of the digests. Rejects as the store does. */
  load(digests: readonly string[]): Promise<readonly Uint8Array[]>;
}

/**
 * An expression means the same whatever a value's size: what it reads is put in place, and whatever it only hands on stays
 * a reference. Of `$steps` an expression sees those steps that it names.
 */
export function visibleValues(
  { input, steps, run }: Omit<EvaluateRequest, 'tasks'>,
  store: ArtifactStore,
): VisibleValues {
  const checked = <T extends JsonValue>(value: T): T => {
    collectRefs(value);
    return value;
  };

  const view = ({ status, output, error, errors }: StepView): JsonObject => ({
    status,
    output: checked(output),
    ...(error !== undefined && { error: { ...error } }),
    ...(errors !== undefined && { errors: checked(errors) }),
  });

  return {
    bindingsFor(references) {
      const reads = (variable: string) => references.some(({ variables }) => variables.has(variable));
      const named = new Set(references.flatMap((reference) => reference.steps.map(({ step }) => step)));
      const seen = Object.entries(steps).filter(([name]) => named.has(name) || reads('steps'));
      const views = seen.map(([name, step]) => [name, view(step)] as const);
      return {
        run: { ...run },
        ...(reads('input') && { input: checked(input) }),
        ...(views.length > 0 && { steps: Object.fromEntries(views) }),
      };
    },
    rowsFor(rows) {
      checked(rows as readonly JsonObject[]);
      return rows;
    },
    load(digests) {
      const limited = createLimiter();
      return Promise.all(digests.map((sha256) => limited(() => store.get(sha256))));
    },
  };
}
