import type { JsonObject, JsonValue } from '../job-api/json.js';
import { ValueTooLarge } from './errors.js';
import { isObject } from './reference.js';

/** Deeper values overflow the stack of one JSON implementation or another on their way. */
const MAX_DEPTH = 1000;

/** Keys and indexes from the root. The walk goes on with the same array: copy it to keep it. */
export type LivePath = readonly (string | number)[];

/** Sees every node, parents first; a result of `false` keeps the walk from going inside. Throws {@link ValueTooLarge}. */
export function visitValue(value: JsonValue, visit: (node: JsonValue, path: LivePath) => boolean): void {
  const path: (string | number)[] = [];
  const descend = (node: JsonValue): void => {
    if (visit(node, path) === false || typeof node !== 'object' || node === null) return;
    checkDepth(path.length);
    const at = path.push('') - 1;
    const enter = (key: string | number, item: JsonValue | undefined) => {
      path[at] = key;
      if (item !== undefined) descend(item);
    };
    // Without a pair for each item: of a large value, making them would be most of the work.
    if (isObject(node)) for (const key of Object.keys(node)) enter(key, node[key]);
    else for (let index = 0; index < node.length; index++) enter(index, node[index]);
    path.pop();
  };
  descend(value);
}

/** Whether an object within has a key for which `wanted` returns true. */
export function holdsKey(value: JsonValue, wanted: (key: string) => boolean): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (!isObject(value)) return value.some((item) => holdsKey(item, wanted));
  return Object.keys(value).some((key) => wanted(key) || holdsKey(value[key] ?? null, wanted));
}

/** What takes the place of a string or an object; `undefined` keeps it, and goes on inside of an object. */
export interface Rewrite {
  readonly string?: (text: string) => JsonValue | undefined;
  readonly object?: (object: JsonObject) => JsonValue | undefined;
  readonly key?: (key: string) => string;
}

/** Copies a value with the changes of `rewrite`. Any key is safe, `__proto__` too. Throws {@link ValueTooLarge}. */
export function rewriteValue(value: JsonValue, rewrite: Rewrite, depth = 0): JsonValue {
  if (typeof value === 'string') return rewrite.string?.(value) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  const replaced = isObject(value) ? rewrite.object?.(value) : undefined;
  if (replaced !== undefined) return replaced;
  checkDepth(depth);
  if (!isObject(value)) return value.map((item) => rewriteValue(item, rewrite, depth + 1));
  // `Object.fromEntries` defines keys instead of assigning them, so "__proto__" stays data.
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [rewrite.key?.(key) ?? key, rewriteValue(item, rewrite, depth + 1)]),
  );
}

function checkDepth(depth: number): void {
  if (depth >= MAX_DEPTH) throw new ValueTooLarge(`a value is nested deeper than ${MAX_DEPTH} levels`);
}
