import { type ArtifactStore, externalize, loadStored } from '../artifacts/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { JobSettings, NestedSettings } from '../workflows/plan.js';
import type { EvaluateOutcome, EvaluateRequest, EvaluateTask } from './contract.js';
import { SLICE_ITEMS, sliceItems } from './slice-items.js';

/** What every slice of a `forEach` needs, stored once: its history holds a reference to it. */
export interface SliceWork extends Omit<EvaluateRequest, 'tasks'> {
  readonly task: EvaluateTask &
    (
      | { readonly job: JobSettings; readonly nested?: never }
      | { readonly job?: never; readonly nested: NestedSettings }
    );
}

/** A reference takes about 200 bytes, so that next to nothing is kept inline. */
const INLINE_MAX_BYTES = 256;

/**
 * Stores a value that only we read, and refers to it by its digest alone: a `uri` is for people, and two hundred of them
 * would double what such references take in a history.
 */
export async function keepInternal(value: unknown, store: ArtifactStore): Promise<JsonValue> {
  const stored = await externalize(value as JsonValue, store, { inlineMaxBytes: INLINE_MAX_BYTES, foreign: false });
  const ref = (stored as JsonObject | null)?.$artifact as JsonObject | undefined;
  if (ref === undefined) return stored;
  const { uri: _, ...rest } = ref;
  return { $artifact: rest };
}

/** Stores the work and its items, cut into slices. */
export async function storeWork(
  { task, input, steps, run }: Omit<EvaluateRequest, 'tasks'> & { readonly task: EvaluateTask },
  items: readonly JsonValue[],
  store: ArtifactStore,
): Promise<EvaluateOutcome> {
  const keep = (value: unknown) => keepInternal(value, store);
  const size = task.job === undefined ? SLICE_ITEMS : sliceItems(task.job.retry);
  const cuts = Array.from({ length: Math.ceil(items.length / size) }, (_, cut) =>
    items.slice(cut * size, (cut + 1) * size),
  );
  const [work, ...lists] = await Promise.all([keep({ task, input, steps, run }), ...cuts.map(keep)]);
  return {
    kind: 'many',
    work: work ?? null,
    slices: lists.map((list, cut) => ({ items: list, count: cuts[cut]?.length ?? 0 })),
  };
}

/** The work of a slice and its items, both in stored form. */
export async function loadWork(
  { work, items }: { readonly work: JsonValue; readonly items: JsonValue },
  store: ArtifactStore,
): Promise<{ readonly work: SliceWork; readonly items: readonly JsonValue[] }> {
  const [loaded, list] = await Promise.all([loadStored(work, store), loadStored(items, store)]);
  return { work: loaded as unknown as SliceWork, items: list as readonly JsonValue[] };
}
