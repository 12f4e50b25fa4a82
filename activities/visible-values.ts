import { type ArtifactStore, rehydrate } from '../artifacts/index.js';
import type { Bindings, References } from '../definition/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { EvaluateRequest, StepView } from './contract.js';

/** What fits the memory of the process that evaluates a few times over, and more than any provider returns. */
const MAX_LOADED_BYTES = 32 * 1024 * 1024;

/** The values that expressions may name, loaded from the store where they are read and only once a call. */
export interface VisibleValues {
  /** What expressions with these references see. Rejects with an `ArtifactError`. */
  bindingsFor(references: readonly References[]): Promise<Bindings>;
}

/**
 * An expression means the same whatever a value's size: stored JSON and text are put back. Decoded files stay references,
 * to be passed on. Of `$steps` an expression sees those steps that it names.
 */
export function visibleValues({ input, steps, run }: EvaluateRequest, store: ArtifactStore): VisibleValues {
  const loaded = new Map<string, Promise<JsonValue>>();
  const load = (key: string, value: JsonValue): Promise<JsonValue> => {
    const known = loaded.get(key) ?? rehydrate(value, store, { what: 'text', maxBytes: MAX_LOADED_BYTES });
    loaded.set(key, known);
    return known;
  };

  const view = async (name: string, step: StepView): Promise<JsonObject> => {
    const { status, output, error, errors } = step;
    return {
      status,
      output: await load(`step ${name}`, output),
      ...(error !== undefined && { error: { ...error } }),
      ...(errors !== undefined && { errors: await load(`errors of ${name}`, errors) }),
    };
  };

  return {
    async bindingsFor(references) {
      const reads = (variable: string) => references.some(({ variables }) => variables.has(variable));
      const named = new Set(references.flatMap((reference) => reference.steps.map(({ step }) => step)));
      const seen = Object.entries(steps).filter(([name]) => named.has(name) || reads('steps'));
      const views = await Promise.all(seen.map(async ([name, step]) => [name, await view(name, step)] as const));
      return {
        run: { ...run },
        ...(reads('input') && { input: await load('input', input) }),
        ...(views.length > 0 && { steps: Object.fromEntries(views) }),
      };
    },
  };
}
