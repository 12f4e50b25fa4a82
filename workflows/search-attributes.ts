import { defineSearchAttributeKey, type SearchAttributePair, type SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from './contract.js';
import { cutToBytes } from './pipelines/child-id.js';

export type SearchAttributeValues = Partial<Record<SearchAttributeName, string | boolean | readonly string[]>>;

/**
 * Sets those of the attributes that the namespace has registered: setting another would fail the workflow task for ever.
 */
export function setSearchAttributes(values: SearchAttributeValues, registered: readonly SearchAttributeName[]): void {
  const pairs = searchAttributePairs(values, registered);
  if (pairs.length > 0) upsertSearchAttributes(pairs);
}

/** Those of the attributes that the namespace has registered; of a list, what fits. */
export function searchAttributePairs(
  values: SearchAttributeValues,
  registered: readonly SearchAttributeName[],
): SearchAttributePair[] {
  return registered.flatMap((name): SearchAttributePair[] => {
    const value = values[name];
    if (value === undefined) return [];
    const type: SearchAttributeType = SEARCH_ATTRIBUTES[name];
    const fitting = Array.isArray(value) ? fittingList(value) : value;
    return [{ key: defineSearchAttributeKey(name, type), value: fitting } as SearchAttributePair];
  });
}

/** Bytes of JSON that Temporal takes as a value: for one that is longer it terminates the run, with its jobs under way. */
const LIST_MAX_BYTES = 2_048;

function fittingList(values: readonly string[]): readonly string[] {
  const fitting: string[] = [];
  for (const value of values) {
    const text = JSON.stringify([...fitting, value]);
    if (cutToBytes(text, LIST_MAX_BYTES) === text) fitting.push(value);
  }
  return fitting;
}
