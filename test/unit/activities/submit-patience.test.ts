import { expect, test } from 'vitest';
import { isPatienceOver } from '../../../activities/submit-patience.js';
import { InvalidRequest, RateLimited, Unauthorized, Unavailable } from '../../../job-api/errors.js';

const keyRefused = new Unauthorized('no', { transient: true });

test.each([
  [
    'a provider that is down is waited for where no other can take the job',
    new Unavailable('down'),
    1e9,
    undefined,
    false,
  ],
  ['and as long as it may take', new Unavailable('down'), 9_999, 10_000, false],
  ['and given up then', new Unavailable('down'), 10_000, 10_000, true],
  ['a limit is waited for alike', new RateLimited('slow'), 10_000, 10_000, true],
  ['a refused key is tried again for a minute', keyRefused, 59_999, undefined, false],
  ['and given up then, though no other can take the job', keyRefused, 60_000, undefined, true],
  ['and sooner where another can', keyRefused, 10_000, 10_000, true],
  ['what no waiting mends is no matter of patience', new InvalidRequest('bad'), 1e9, 1, false],
] as const)('%s', (_what, error, waitedMs, patienceMs, over) => {
  expect(isPatienceOver(error, waitedMs, patienceMs)).toBe(over);
});
