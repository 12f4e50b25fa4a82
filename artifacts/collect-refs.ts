import type { JsonValue } from '../job-api/json.js';
import { isObject, readReference } from './reference.js';
import type { ArtifactRef } from './store.js';
import { visitValue } from './walk.js';

/** A reference and where it stands, as keys and indexes from the root. */
export interface FoundRef {
  readonly path: readonly (string | number)[];
  readonly ref: ArtifactRef;
}

/**
 * The references in a value in stored form, in document order. It does not look into stored JSON: load that first with
 * `rehydrate(value, store, { what: 'text' })`. Throws `ArtifactReferenceInvalid`, and `ValueTooLarge` (nested too deep).
 */
export function collectRefs(value: JsonValue): readonly FoundRef[] {
  const found: FoundRef[] = [];
  visitValue(value, (node, path) => {
    const ref = isObject(node) ? readReference(node) : undefined;
    if (ref !== undefined) found.push({ path: [...path], ref });
    return ref === undefined;
  });
  return found;
}
