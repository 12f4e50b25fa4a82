import { expect, test } from 'vitest';
import { parseRetryAfter, RETRY_AFTER_MAX_MS } from '../../../job-api/http/retry-after.js';

const NOW = Date.UTC(2026, 2, 4, 12, 0, 0);

test.each([
  ['0', 0],
  ['7', 7_000],
  [' 120 ', 120_000],
  ['Wed, 04 Mar 2026 12:00:30 GMT', 30_000],
  ['Wed, 04 Mar 2026 11:59:00 GMT', 0],
  ['7200', RETRY_AFTER_MAX_MS],
  ['9999999999', RETRY_AFTER_MAX_MS],
  ['Thu, 05 Mar 2026 12:00:00 GMT', RETRY_AFTER_MAX_MS],
])('reads %j', (value, expected) => {
  expect(parseRetryAfter(value, NOW)).toBe(expected);
});

test.each([
  undefined,
  '',
  '-1',
  '1.5',
  '1e3',
  '0x10',
  'soon',
  '99999999999',
  '2026-03-04T12:00:30Z',
  'Tue, 04 Mar 2026 12:00:30 GMT', // it was a Wednesday
  'Wed, 04 Mar 2026 12:00:30 CET',
  'Wed, 04 Mar 2026 12:00:30',
])('does not guess at %j', (value) => {
  expect(parseRetryAfter(value, NOW)).toBeUndefined();
});
