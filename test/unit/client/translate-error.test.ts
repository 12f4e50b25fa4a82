import { describe, expect, it } from 'vitest';
import { AccessDenied, InvalidSettings, NoWorker, RunNotFound, TemporalUnreachable } from '../../../client/errors.js';
import { translateError } from '../../../client/translate-error.js';

const site = { address: '127.0.0.1:7233', namespace: 'default', workflowId: 'job:1', taskQueue: 'jobrelay' };

/** As gRPC rejects, inside of what the SDK makes of it. */
function callFailed(code: number): Error {
  const cause = Object.assign(new Error(`${code}`), { code, details: '', metadata: {} });
  return new Error('Failed to query Workflow', { cause });
}

describe('what a query failed with', () => {
  it.each([
    ['the deadline, as our own timer sees it', 4, NoWorker],
    ["the deadline, as the server's reset says it", 1, NoWorker],
    ['a run that no worker has begun', 9, NoWorker],
    ['no such run', 5, RunNotFound],
    ['no server', 14, TemporalUnreachable],
    ['a refused key', 16, AccessDenied],
    ['an id that is too long', 3, InvalidSettings],
  ])('%s', (_name, code, expected) => {
    expect(translateError(callFailed(code), site)).toBeInstanceOf(expected);
  });

  it('comes back as it is where nothing is known of it', () => {
    const unforeseen = callFailed(13);
    expect(translateError(unforeseen, site)).toBe(unforeseen);
  });
});
