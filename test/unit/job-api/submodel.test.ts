import { describe, expect, test } from 'vitest';
import { submodel } from '../../../job-api/dialects/submodel.js';
import type { Call, JobAnswerCall } from '../../../job-api/http/call.js';
import { answer, errorOf, request } from './wire.js';

const run: JobAnswerCall = { operation: 'run', endpointId: 'ep', submit: { input: { prompt: 'x' } } };
const status: JobAnswerCall = { operation: 'status', endpointId: 'ep', jobId: 'j-1' };
const stream: Call = { operation: 'stream', endpointId: 'ep', jobId: 'j-1', waitMs: 2_000 };
const health: Call = { operation: 'health', endpointId: 'ep' };
const ok = (data: unknown) => ({ code: 20_000, message: 'success', data });

describe('a request', () => {
  test.each<[Call, string, string]>([
    [run, 'POST', '/ep/run'],
    [status, 'POST', '/ep/status/j-1'],
    [stream, 'POST', '/ep/stream/j-1'],
    [{ operation: 'cancel', endpointId: 'ep', jobId: 'j-1' }, 'POST', '/ep/cancel/j-1'],
    [{ operation: 'purgeQueue', endpointId: 'ep' }, 'POST', '/ep/purge-queue'],
    [health, 'GET', '/ep/health'],
  ])('has the documented verb: %o', (call, method, path) => {
    expect(request(submodel, call)).toMatchObject({ method, path });
  });

  test('has no words for a retry', () => {
    expect(submodel.routes.retry).toBeUndefined();
  });
});

describe('an answer', () => {
  const wire = { id: 'j-1', status: 'COMPLETED', output: [1], executionTime: 7 };
  const job = { jobId: 'j-1', status: 'COMPLETED', output: [1], executionTimeMs: 7 };

  test.each<[string, unknown]>([
    ['bare', wire],
    ['in an envelope', ok(wire)],
    ['in an envelope without a message', { code: 20_000, data: wire }],
    ['with a lower-case status', ok({ ...wire, status: 'completed' })],
  ])('is read %s', (_how, body) => {
    expect(submodel.readJob(status, answer(body))).toEqual(job);
  });

  test('that is bare and has a code of its own is no envelope', () => {
    expect(submodel.readJob(status, answer({ ...wire, code: 40_400, message: 'mine' }))).toEqual(job);
  });

  test.each<[string, unknown]>([
    ['a bare list', [{ output: 'a', metrics: { n: 1 } }]],
    ['a list in an envelope', ok([{ output: 'a', metrics: { n: 1 } }])],
  ])('of a stream is %s, which says nothing of the end', (_how, body) => {
    expect(submodel.readStream(stream, answer(body))).toEqual({ chunks: [{ output: 'a', metrics: { n: 1 } }] });
  });

  test('of a stream may have a status', () => {
    expect(submodel.readStream(stream, answer(ok({ status: 'completed', stream: [] })))).toEqual({
      status: 'COMPLETED',
      chunks: [],
    });
  });

  test('of health has two counters of workers', () => {
    const counters = { jobs: { inQueue: 2 }, workers: { idle: 0, running: 1 } };
    expect(submodel.readHealth(health, answer(ok(counters)))).toEqual(counters);
  });

  test.each<[string, unknown]>([
    ['nothing', ok(null)],
    ['a list', ok([])],
    ['no data', { code: 20_000, message: 'success' }],
    ['a message that has a length of its own', { code: 20_000, message: { length: { toString: 1 } } }],
    ['a code that is not documented', { code: 7, message: 'odd', data: wire }],
  ])('that holds %s is no job', (_what, body) => {
    expect(errorOf(() => submodel.readJob(status, answer(body))).code).toBe('ProtocolError');
  });
});

describe('a code', () => {
  test.each<[number, JobAnswerCall, string, number]>([
    [40_000, run, 'InvalidRequest', 400],
    [40_100, run, 'Unauthorized', 401],
    [40_200, run, 'InsufficientCredit', 402],
    [40_300, run, 'RateLimited', 429],
    [40_400, run, 'EndpointNotFound', 404],
    [40_400, status, 'JobNotFound', 404],
    [40_900, run, 'InvalidRequest', 409],
    [50_000, run, 'Unavailable', 500],
    [51_234, status, 'Unavailable', 500],
  ])('%d is the error that it stands for, whatever HTTP says', (code, call, expected, httpStatus) => {
    for (const http of [200, 400, 500]) {
      const error = errorOf(() => submodel.readJob(call, answer({ code, message: 'why not', data: null }, http)));
      expect(error).toMatchObject({ code: expected, httpStatus });
      expect(error.message).toContain(`HTTP ${http}, code ${code}: why not`);
    }
  });

  test('that is not documented leaves it to HTTP', () => {
    const read = (body: unknown, http: number) => errorOf(() => submodel.readJob(run, answer(body, http))).code;
    expect(read({ code: 7, message: 'odd' }, 402)).toBe('InsufficientCredit');
    expect(read({ code: 20_000, message: 'success', data: {} }, 502)).toBe('Unavailable');
  });

  test('is not looked for in what is no envelope', () => {
    const read = (body: unknown, http: number) => errorOf(() => submodel.readJob(run, answer(body, http))).code;
    expect(read({ error: 'who are you?' }, 401)).toBe('Unauthorized');
    expect(read('<html>', 502)).toBe('Unavailable');
    expect(read({ code: '40100', message: 'a text' }, 400)).toBe('InvalidRequest');
  });
});
