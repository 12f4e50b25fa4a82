import { type ArtifactStore, rehydrate } from '../artifacts/index.js';
import type { Bindings, References } from '../definition/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { EvaluateRequest, StepView } from './contract.js';

/** What fits the memory of the process that evaluates a few times over, and more than any provider returns. */
const MAX_LOADED_BYTES = 32 * 1024 * 1024;

/** The values that expressions may name, in stored form but for those parts that an expression reads. */
export interface VisibleValues {
  /** What expressions with these references see, with the parts of these digests in place. Rejects with an `ArtifactError`. */
  bindingsFor(references: readonly References[], digests: ReadonlySet<string>): Promise<Bindings>;
  /** The same for the items of a `forEach`. */
  rowsFor(rows: readonly Bindings[], digests: ReadonlySet<string>): Promise<readonly Bindings[]>;
}

/**
 * An expression means the same whatever a value's size: what it reads is put in place, and whatever it only hands on stays
 * a reference. Of `$steps` an expression sees those steps that it names.
 */
export function visibleValues({ input, steps, run }: EvaluateRequest, store: ArtifactStore): VisibleValues {
  const load = (value: JsonValue, digests: ReadonlySet<string>): Promise<JsonValue> =>
    rehydrate(value, store, { what: ({ sha256 }) => digests.has(sha256), maxBytes: MAX_LOADED_BYTES });

  const view = async (step: StepView, digests: ReadonlySet<string>): Promise<JsonObject> => {
    const { status, output, error, errors } = step;
    return {
      status,
      output: await load(output, digests),
      ...(error !== undefined && { error: { ...error } }),
      ...(errors !== undefined && { errors: await load(errors, digests) }),
    };
  };

  return {
    async bindingsFor(references, digests) {
      const reads = (variable: string) => references.some(({ variables }) => variables.has(variable));
      const named = new Set(references.flatMap((reference) => reference.steps.map(({ step }) => step)));
      const seen = Object.entries(steps).filter(([name]) => named.has(name) || reads('steps'));
      const views = await Promise.all(seen.map(async ([name, step]) => [name, await view(step, digests)] as const));
      return {
        run: { ...run },
        ...(reads('input') && { input: await load(input, digests) }),
        ...(views.length > 0 && { steps: Object.fromEntries(views) }),
      };
    },
    async rowsFor(rows, digests) {
      return (await load(rows, digests)) as readonly Bindings[];
    },
  };
}
