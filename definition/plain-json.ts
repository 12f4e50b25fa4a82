import type { Path } from '../config/index.js';
import type { JsonValue } from '../job-api/json.js';
import type { Problem } from './problems.js';

/** Deeper than anything a person writes; whatever walks a checked value may be recursive. */
const MAX_DEPTH = 200;

/**
 * What keeps a value from being used as JSON: numbers that JSON does not have, objects that are no plain ones, and
 * nesting so deep that a recursive walk would overflow the stack. Empty: it is a {@link JsonValue}.
 */
export function problemsOfJson(value: unknown, path: Path = []): readonly Problem[] {
  const problems: Problem[] = [];
  // One path for all of the walk: of a list of thousands, a path for each value would be most of the work.
  const at = [...path];
  const add = (message: string) => problems.push({ path: [...at], message });
  const enter = (key: string | number, item: unknown) => {
    at.push(key);
    visit(item);
    at.pop();
  };
  const visit = (node: unknown): void => {
    if (at.length > MAX_DEPTH) {
      problems.push({ path: [], message: `is nested deeper than ${MAX_DEPTH} levels` });
      return;
    }
    switch (typeof node) {
      case 'string':
      case 'boolean':
        return;
      case 'number':
        if (!Number.isFinite(node)) add(`${node} is not a number JSON can hold`);
        return;
      case 'object':
        if (node === null) return;
        if (Array.isArray(node)) for (const [index, item] of node.entries()) enter(index, item);
        else if (!isPlain(node)) add('is not plain JSON data');
        else for (const [key, item] of Object.entries(node)) enter(key, item);
        return;
      default:
        add(`a ${typeof node} is not JSON data`);
    }
  };
  visit(value);
  return problems;
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** What a value is, in the words of the messages. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null';
  if (value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

/** True for a JSON object, as opposed to a list or a scalar. */
export function isObject(value: unknown): value is { readonly [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
