import { type ArtifactStore, externalize, loadStored } from '../artifacts/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { GatherRequest, GatherResult, ItemResults } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { toFailure } from './failure.js';

/** A list of this size may stand in a history. */
const INLINE_MAX_BYTES = 8 * 1024;

/** Joins the results of all slices in the order of the items. The outputs' own files and large parts stay where they are. */
export async function gather({ parts }: GatherRequest, { store }: ActivityDeps): Promise<GatherResult> {
  try {
    return await join(parts, store);
  } catch (error) {
    throw toFailure(error);
  }
}

async function join(parts: GatherRequest['parts'], store: ArtifactStore): Promise<GatherResult> {
  const results = (await Promise.all(parts.map((part) => loadStored(part, store)))) as unknown as ItemResults[];
  const keep = (list: unknown) =>
    externalize(list as JsonValue, store, { inlineMaxBytes: INLINE_MAX_BYTES, foreign: false });
  const errors = results.flatMap((result) => result.errors);
  return {
    output: await keep(results.flatMap(({ outputs }) => outputs)),
    ...(errors.some((error) => error !== null) && { errors: await keep(errors) }),
  };
}
