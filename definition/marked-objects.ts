import type { Path } from '../config/index.js';
import type { JsonObject, JsonValue } from '../job-api/json.js';
import { isObject } from './plain-json.js';
import type { Problem } from './problems.js';

/** What is wrong with the objects in a value that have a key which marks them as more than data; nothing within them is looked at. */
export function problemsOfMarked(
  value: JsonValue,
  key: string,
  path: Path,
  whyNot: (marked: JsonObject) => string | undefined,
): readonly Problem[] {
  const problems: Problem[] = [];
  // One path for all of the walk, as in `problemsOfJson`.
  const at = [...path];
  const enter = (field: string | number, item: JsonValue) => {
    at.push(field);
    visit(item);
    at.pop();
  };
  const visit = (node: JsonValue): void => {
    if (Array.isArray(node)) for (const [index, item] of node.entries()) enter(index, item as JsonValue);
    else if (isObject(node) && !Object.hasOwn(node, key)) {
      for (const [field, item] of Object.entries(node)) enter(field, item);
    } else if (isObject(node)) {
      const message = whyNot(node);
      if (message !== undefined) problems.push({ path: [...at], message });
    }
  };
  visit(value);
  return problems;
}
