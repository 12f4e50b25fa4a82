import { describe, expect, test } from 'vitest';
import { gateway } from '../../../job-api/dialects/gateway.js';
import { runpod } from '../../../job-api/dialects/runpod.js';
import { submodel } from '../../../job-api/dialects/submodel.js';
import { authOf, routesOf, whyNotAuthHeader, whyNotAuthValue, whyNotOverride } from '../../../job-api/routes.js';

describe('the routes of a deployment', () => {
  test('are those of its dialect, where nothing else is said', () => {
    expect(routesOf(submodel)).toEqual(submodel.routes);
  });

  test('are overridden field by field', () => {
    const { status, stream, cancel } = routesOf(submodel, {
      status: { method: 'GET' },
      stream: { path: '/s/{jobId}' },
      cancel: { method: 'GET', path: '/c/{jobId}' },
    });
    expect({ status, stream, cancel }).toEqual({
      status: { method: 'GET', path: '/{endpointId}/status/{jobId}' },
      stream: { method: 'POST', path: '/s/{jobId}' },
      cancel: { method: 'GET', path: '/c/{jobId}' },
    });
  });

  test('may be fewer', () => {
    expect(routesOf(runpod, { statusSync: false }).statusSync).toBeUndefined();
  });

  test('may be more', () => {
    expect(routesOf(submodel, { retry: { path: '/{endpointId}/retry/{jobId}' } }).retry).toEqual({
      method: 'POST',
      path: '/{endpointId}/retry/{jobId}',
    });
  });
});

describe('an override', () => {
  test.each([
    [runpod, 'status', { path: '/status/{jobId}' }],
    [runpod, 'health', { path: '/{endpointId}/h%20x' }],
    [runpod, 'statusSync', false],
    [gateway, 'run', { path: '/x/{surface}/{endpointId}/run' }],
    [submodel, 'retry', { path: '/retry/{jobId}', method: 'GET' }],
  ] as const)('is taken: %#', (dialect, operation, override) => {
    expect(whyNotOverride(dialect, operation, override)).toBeUndefined();
  });

  test.each([
    [runpod, 'run', { method: 'GET' }, 'must be a POST, since it sends a body'],
    [submodel, 'retry', { method: 'GET' }, 'needs a path: SubModel documents no retry'],
    [gateway, 'statusSync', { method: 'GET' }, 'needs a path: a gateway documents no statusSync'],
    [runpod, 'status', { path: '/status' }, 'must hold {jobId}'],
    [runpod, 'status', { path: '/{job_id}' }, '{job_id} is not known here (known: {endpointId}, {jobId})'],
    [runpod, 'health', { path: '/{jobId}' }, '{jobId} is not known here (known: {endpointId})'],
    [runpod, 'run', { path: '/{surface}/run' }, '{surface} is not known here (known: {endpointId})'],
    [runpod, 'health', { path: 'health' }, expect.stringContaining('must be a path below the baseUrl')],
    [runpod, 'health', { path: '/health?x=1' }, expect.stringContaining('no query')],
    [runpod, 'health', { path: '/../health' }, expect.stringContaining('must be a path below the baseUrl')],
    [runpod, 'health', { path: '/a b' }, expect.stringContaining('must be a path below the baseUrl')],
    [runpod, 'health', { path: '/a//b' }, expect.stringContaining('must be a path below the baseUrl')],
    [runpod, 'health', { path: '/%zz' }, expect.stringContaining('must be a path below the baseUrl')],
    [runpod, 'health', { path: '/{endpointId' }, expect.stringContaining('must be a path below the baseUrl')],
  ] as const)('is refused: %#', (dialect, operation, override, why) => {
    expect(whyNotOverride(dialect, operation, override)).toEqual(why);
  });
});

describe('the header of the key', () => {
  test('is the documented one', () => {
    expect(authOf(runpod)).toEqual({ header: 'authorization', value: 'Bearer {key}' });
    expect(authOf(submodel)).toEqual({ header: 'x-apikey', value: '{key}' });
  });

  test('of another name holds the bare key, where nothing is said of its value', () => {
    expect(authOf(runpod, { header: 'x-token' })).toEqual({ header: 'x-token', value: '{key}' });
    expect(authOf(runpod, { value: '{key}' })).toEqual({ header: 'authorization', value: '{key}' });
    expect(authOf(submodel, { header: 'authorization', value: 'Bearer {key}' })).toEqual(authOf(runpod));
  });

  test.each(['x-apikey', 'Authorization'])('may be %j', (header) => {
    expect(whyNotAuthHeader(header)).toBeUndefined();
  });

  test.each(['', 'x key', 'x:', 'Host', 'content-length', 'Content-Type', 'ä'])('may not be %j', (header) => {
    expect(whyNotAuthHeader(header)).toBeTypeOf('string');
  });

  test.each(['{key}', 'Bearer {key}', 'Key key="{key}"'])('may hold %j', (value) => {
    expect(whyNotAuthValue(value)).toBeUndefined();
  });

  test.each(['', 'Bearer', 'sk-secret', '{key}{key}', 'a\n{key}', ' {key}', 'é{key}'])('may not hold %j', (value) => {
    expect(whyNotAuthValue(value)).toBe('must hold {key} once, where the key goes, like "Bearer {key}"');
  });
});
