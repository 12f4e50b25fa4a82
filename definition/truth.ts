import type { JsonValue } from '../job-api/json.js';

/**
 * Whether a value counts as true, as JSONata's `$boolean` has it: false are nothing, null, 0, "", [] and {}, false, and
 * a list without anything true in it.
 */
export function isTruthy(value: JsonValue | undefined): boolean {
  if (value === undefined || value === null || typeof value !== 'object') return Boolean(value);
  if (Array.isArray(value)) return value.some(isTruthy);
  return Object.keys(value).length > 0;
}
