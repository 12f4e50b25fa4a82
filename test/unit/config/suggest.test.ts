import { expect, it } from 'vitest';
import { nearest } from '../../../config/index.js';

it.each([
  ['timeout', 'timeouts'],
  ['Retry', 'retry'],
  ['endpiont', 'endpoint'],
  ['colour', undefined],
  ['x', undefined],
  ['', undefined],
])('takes %j for %j', (name, expected) => {
  expect(nearest(name, ['retry', 'timeouts', 'endpoint'])).toBe(expected);
});
