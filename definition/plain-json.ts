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
  if (path.length > MAX_DEPTH) return [{ path: [], message: `is nested deeper than ${MAX_DEPTH} levels` }];
  switch (typeof value) {
    case 'string':
    case 'boolean':
      return [];
    case 'number':
      return Number.isFinite(value) ? [] : [{ path, message: `${value} is not a number JSON can hold` }];
    case 'object': {
      if (value === null) return [];
      if (Array.isArray(value)) return value.flatMap((item, index) => problemsOfJson(item, [...path, index]));
      const prototype: unknown = Object.getPrototypeOf(value);
      if (prototype !== null && prototype !== Object.prototype) return [{ path, message: 'is not plain JSON data' }];
      return Object.entries(value).flatMap(([key, item]) => problemsOfJson(item, [...path, key]));
    }
    default:
      return [{ path, message: `a ${typeof value} is not JSON data` }];
  }
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
