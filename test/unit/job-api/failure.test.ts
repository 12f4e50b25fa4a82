import { describe, expect, test } from 'vitest';
import {
  EndpointNotFound,
  InvalidRequest,
  ProtocolError,
  RateLimited,
  SubmitAmbiguous,
  Unauthorized,
  Unavailable,
} from '../../../job-api/errors.js';
import { failureOf } from '../../../job-api/failure.js';
import type { Call } from '../../../job-api/http/call.js';
import { ExchangeFailed } from '../../../job-api/http/exchange.js';

const run: Call = { operation: 'run', endpointId: 'ep', submit: { input: 1 } };
const runSync: Call = { operation: 'runSync', endpointId: 'ep', submit: { input: 1 }, waitMs: 1_000 };
const status: Call = { operation: 'status', endpointId: 'ep', jobId: 'j-1' };
const purge: Call = { operation: 'purgeQueue', endpointId: 'ep' };

describe.each([run, runSync])('a submit by $operation', (submit) => {
  test.each<[string, unknown]>([
    ['a connection that broke after the request left', new ExchangeFailed('network', true, 'other side closed')],
    ['a time-out after the request left', new ExchangeFailed('timeout', true, 'no answer')],
    ['an answer without end', new ExchangeFailed('too-large', true, 'over 64 MiB')],
    ['a failing server', new Unavailable('HTTP 500', { httpStatus: 500, body: 'oops' })],
    ['an answer without an id', new ProtocolError('no job id', { httpStatus: 200 })],
    ['a mistake of ours in reading the answer', new TypeError('x is undefined')],
  ])('is of unknown fate after %s', (_what, error) => {
    const failure = failureOf(submit, error);
    expect(failure).toBeInstanceOf(SubmitAmbiguous);
    expect(failure.message).toContain('may pay for two');
    expect(failure.cause).toBeDefined();
  });

  test.each<[string, unknown, string]>([
    ['a refused connection', new ExchangeFailed('network', false, 'connect ECONNREFUSED'), 'Unavailable'],
    ['a time-out before the request left', new ExchangeFailed('timeout', false, 'no connection'), 'Unavailable'],
    ["the server's own time-out", new Unavailable('HTTP 408', { httpStatus: 408 }), 'Unavailable'],
    ['too many requests', new RateLimited('HTTP 429', { httpStatus: 429 }), 'RateLimited'],
    ['a bad request', new InvalidRequest('HTTP 400', { httpStatus: 400 }), 'InvalidRequest'],
    ['a wrong key', new Unauthorized('HTTP 401', { httpStatus: 401 }), 'Unauthorized'],
    ['an unknown endpoint', new EndpointNotFound('HTTP 404', { httpStatus: 404 }), 'EndpointNotFound'],
  ])('certainly made no job after %s', (_what, error, code) => {
    expect(failureOf(submit, error).code).toBe(code);
  });

  test('of unknown fate keeps the answer that left it open', () => {
    const cause = new Unavailable('HTTP 503', { httpStatus: 503, body: 'busy' });
    expect(failureOf(submit, cause)).toMatchObject({ httpStatus: 503, body: 'busy', cause });
  });
});

describe.each([status, purge])('the call $operation', (call) => {
  test.each<[string, unknown, string]>([
    ['a broken connection', new ExchangeFailed('network', true, 'other side closed'), 'Unavailable'],
    ['a time-out', new ExchangeFailed('timeout', true, 'no answer'), 'Unavailable'],
    ['an answer without end', new ExchangeFailed('too-large', true, 'over 64 MiB'), 'ProtocolError'],
    ['a failing server', new Unavailable('HTTP 500', { httpStatus: 500 }), 'Unavailable'],
    ['a mistake of ours', new TypeError('x is undefined'), 'ProtocolError'],
  ])('is never ambiguous after %s', (_what, error, code) => {
    expect(failureOf(call, error).code).toBe(code);
  });
});
