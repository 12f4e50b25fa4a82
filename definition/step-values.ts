/** What evaluated values mean at their places in a step: the same before a run and in it. */
import type { JsonValue } from '../job-api/json.js';

/**
 * The items of a `forEach`. JSONata makes one item of a list of one, and nothing of an empty one. The output of a skipped
 * step is null.
 */
export function itemsOf(value: JsonValue | undefined): readonly JsonValue[] {
  if (value === undefined || value === null) return [];
  return isList(value) ? value : [value];
}

/** Why a job cannot have this input; undefined where it can. */
export function whyNoInput(input: JsonValue, mayBeEmpty: boolean): string | undefined {
  if (input === null || typeof input !== 'object')
    return `must be an object, not ${JSON.stringify(input)?.slice(0, 60)}`;
  if (isList(input)) return 'must be an object, not a list';
  if (Object.hasOwn(input, '$artifact')) return 'must be an object, not a file: put the file into a field';
  return Object.keys(input).length === 0 && !mayBeEmpty
    ? "is empty, and RunPod's workers refuse an empty input"
    : undefined;
}

function isList(value: JsonValue): value is readonly JsonValue[] {
  return Array.isArray(value);
}
