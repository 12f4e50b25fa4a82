import { ArtifactReferenceInvalid, readReference } from '../artifacts/index.js';
import type { Path } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import { problemsOfMarked } from './marked-objects.js';
import { isObject } from './plain-json.js';
import type { Problem } from './problems.js';

const KEY = '$artifact';
/** What takes the place of a field that is not known yet. */
const ANY: JsonObject = { sha256: '0'.repeat(64), bytes: 0, mediaType: 'text/plain', encoding: 'text', uri: '' };

/**
 * Objects with the key `$artifact` that are no references: whatever is made of the value fails, perhaps after jobs were
 * paid for.
 *
 * @param isOpen - whether a text is only known in the run, as an expression is; absent: none is
 */
export function problemsOfReferences(
  value: JsonValue,
  path: Path = [],
  isOpen: (text: string) => boolean = () => false,
): readonly Problem[] {
  return problemsOfMarked(value, KEY, path, (node) =>
    whyNotReference(node, (item) => typeof item === 'string' && isOpen(item)),
  );
}

function whyNotReference(given: JsonObject, isOpen: (item: JsonValue) => boolean): string | undefined {
  const inside = given[KEY];
  const known = isObject(inside)
    ? Object.entries(inside).map(([field, item]) => [field, isOpen(item) ? (ANY[field] ?? item) : item])
    : undefined;
  const content = known ? Object.fromEntries(known) : inside !== undefined && isOpen(inside) ? ANY : inside;
  try {
    readReference({ ...given, [KEY]: content });
    return undefined;
  } catch (error) {
    if (error instanceof ArtifactReferenceInvalid) return error.message;
    throw error;
  }
}
