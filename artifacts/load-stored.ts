import type { JsonValue } from '../job-api/json.js';
import { leafValue } from './leaf.js';
import { isObject, readReference } from './reference.js';
import type { ArtifactStore } from './store.js';

/**
 * What a reference stands for, one level deep: a value in stored form, whose own references stay. A value that is no
 * reference is returned as it is. For lists that are passed on in parts and never needed whole.
 *
 * Rejects as the store does.
 */
export async function loadStored(value: JsonValue, store: ArtifactStore): Promise<JsonValue> {
  const ref = isObject(value) ? readReference(value) : undefined;
  return ref === undefined ? value : leafValue(await store.get(ref.sha256), ref);
}
