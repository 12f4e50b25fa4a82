import { ArtifactReferenceInvalid, readReference } from '../artifacts/index.js';
import type { Path } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
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
  const problems: Problem[] = [];
  // One path for all of the walk, as in `problemsOfJson`.
  const at = [...path];
  const enter = (key: string | number, item: JsonValue) => {
    at.push(key);
    visit(item);
    at.pop();
  };
  const visit = (node: JsonValue): void => {
    if (Array.isArray(node)) for (const [index, item] of node.entries()) enter(index, item as JsonValue);
    else if (isObject(node) && !Object.hasOwn(node, KEY)) {
      for (const [key, item] of Object.entries(node)) enter(key, item);
    } else if (isObject(node)) {
      const message = whyNotReference(node, (item) => typeof item === 'string' && isOpen(item));
      if (message !== undefined) problems.push({ path: [...at], message });
    }
  };
  visit(value);
  return problems;
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
