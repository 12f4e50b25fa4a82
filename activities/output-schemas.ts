/** JSON Schemas of outputs, as a history has them: a large one by reference, since it stands there for each job once more. */
import { type ArtifactStore, loadStored } from '../artifacts/index.js';
import type { JsonObject } from '../job-api/json.js';
import { keepInternal } from './slice-work.js';

/** The waits for a hundred jobs may begin in one task of a workflow, which Temporal takes up to 4 MiB of. */
const INLINE_MAX_BYTES = 2 * 1024;
/** By digest: what a digest stands for never changes. */
const MAX_REMEMBERED = 100;
const remembered = new Map<string, JsonObject>();

/** That of an alias is one object in all steps that have it: it is stored once. */
export type KeptSchemas = Map<JsonObject, Promise<JsonObject>>;

/** The settings of a job with a large schema stored. */
export async function storingSchema<Settings extends { readonly outputSchema?: JsonObject }>(
  settings: Settings,
  store: ArtifactStore,
  known: KeptSchemas = new Map(),
): Promise<Settings> {
  const { outputSchema } = settings;
  if (outputSchema === undefined) return settings;
  const kept = known.get(outputSchema) ?? keep(outputSchema, store);
  known.set(outputSchema, kept);
  return { ...settings, outputSchema: await kept };
}

async function keep(schema: JsonObject, store: ArtifactStore): Promise<JsonObject> {
  const text = JSON.stringify(schema);
  if (Buffer.byteLength(text) <= INLINE_MAX_BYTES) return schema;
  // As a text: what its author wrote may look like a reference, and be none.
  return (await keepInternal(text, store)) as JsonObject;
}

/** The schema itself, of one that may be stored. */
export async function loadSchema(
  schema: JsonObject | undefined,
  store: ArtifactStore,
): Promise<JsonObject | undefined> {
  if (schema?.$artifact === undefined) return schema;
  const { sha256 } = schema.$artifact as { readonly sha256: string };
  const known = remembered.get(sha256);
  if (known !== undefined) return known;
  const loaded = JSON.parse(String(await loadStored(schema, store))) as JsonObject;
  if (remembered.size >= MAX_REMEMBERED) remembered.clear();
  remembered.set(sha256, loaded);
  return loaded;
}
