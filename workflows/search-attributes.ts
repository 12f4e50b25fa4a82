import { defineSearchAttributeKey, type SearchAttributePair, type SearchAttributeType } from '@temporalio/common';
import { upsertSearchAttributes } from '@temporalio/workflow';
import { SEARCH_ATTRIBUTES, type SearchAttributeName } from './contract.js';

export type SearchAttributeValues = Partial<Record<SearchAttributeName, string | boolean | readonly string[]>>;

/**
 * Sets those of the attributes that the namespace has registered: setting another would fail the workflow task for ever.
 */
export function setSearchAttributes(values: SearchAttributeValues, registered: readonly SearchAttributeName[]): void {
  const pairs = searchAttributePairs(values, registered);
  if (pairs.length > 0) upsertSearchAttributes(pairs);
}

/** Those of the attributes that the namespace has registered. */
export function searchAttributePairs(
  values: SearchAttributeValues,
  registered: readonly SearchAttributeName[],
): SearchAttributePair[] {
  return registered.flatMap((name): SearchAttributePair[] => {
    const value = values[name];
    if (value === undefined) return [];
    const type: SearchAttributeType = SEARCH_ATTRIBUTES[name];
    return [{ key: defineSearchAttributeKey(name, type), value } as SearchAttributePair];
  });
}
