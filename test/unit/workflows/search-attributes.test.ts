import { expect, it } from 'vitest';
import { searchAttributePairs } from '../../../workflows/search-attributes.js';

const endpointsOf = (endpoints: readonly string[]) =>
  searchAttributePairs({ JobRelayEndpoint: endpoints }, ['JobRelayEndpoint']).map(({ value }) => value);

it('takes a list as it is, as long as Temporal takes it', () => {
  const exactly = ['a'.repeat(1_000), 'b'.repeat(1_041)];
  expect(JSON.stringify(exactly)).toHaveLength(2_048);
  expect(endpointsOf(exactly)).toEqual([exactly]);
});

it('leaves out what does not fit, in bytes', () => {
  const tooLong = ['ä'.repeat(500), 'b'.repeat(2_100), 'c'.repeat(1_042), 'd', 'e'];
  expect(endpointsOf(tooLong)).toEqual([[tooLong[0], 'd', 'e']]);
});

it('says nothing that is not registered', () => {
  expect(searchAttributePairs({ JobRelayEndpoint: ['a'] }, ['JobRelayRun'])).toEqual([]);
});
