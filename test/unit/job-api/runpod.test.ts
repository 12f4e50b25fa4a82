import { describe, expect, test } from 'vitest';
import { runpod } from '../../../job-api/dialects/runpod.js';
import { InvalidRequest, PayloadTooLarge } from '../../../job-api/errors.js';
import type { Call, JobAnswerCall } from '../../../job-api/http/call.js';
import type { SubmitRequest } from '../../../job-api/job.js';
import { answer, errorOf, request as requestOf } from './wire.js';

const request = (call: Call) => requestOf(runpod, call);
const run = (submit: SubmitRequest = { input: {} }): Call => ({ operation: 'run', endpointId: 'ep', submit });
const status: JobAnswerCall = { operation: 'status', endpointId: 'ep', jobId: 'j-1' };
const health: Call = { operation: 'health', endpointId: 'ep' };

describe('a request', () => {
  test.each<[Call, string, string, Record<string, string> | undefined]>([
    [run(), 'POST', '/ep/run', undefined],
    [
      { operation: 'runSync', endpointId: 'ep', submit: { input: 1 }, waitMs: 500 },
      'POST',
      '/ep/runsync',
      { wait: '1000' },
    ],
    [status, 'GET', '/ep/status/j-1', undefined],
    [
      { operation: 'statusSync', endpointId: 'ep', jobId: 'j-1', waitMs: 9_999.6 },
      'GET',
      '/ep/status-sync/j-1',
      { wait: '10000' },
    ],
    [{ operation: 'stream', endpointId: 'ep', jobId: 'j-1', waitMs: 1e9 }, 'GET', '/ep/stream/j-1', { wait: '300000' }],
    [{ operation: 'cancel', endpointId: 'ep', jobId: 'j-1' }, 'POST', '/ep/cancel/j-1', undefined],
    [{ operation: 'retry', endpointId: 'ep', jobId: 'j-1' }, 'POST', '/ep/retry/j-1', undefined],
    [{ operation: 'purgeQueue', endpointId: 'ep' }, 'POST', '/ep/purge-queue', undefined],
    [health, 'GET', '/ep/health', undefined],
    [{ operation: 'status', endpointId: 'my ep%', jobId: 'j&1' }, 'GET', '/my%20ep%25/status/j%261', undefined],
  ])('for $operation', (call, method, path, query) => {
    expect(request(call)).toMatchObject({ method, path, ...(query && { query }) });
    if (query === undefined) expect(request(call).query).toBeUndefined();
  });

  test.each(['', '.', '..', 'a/b', 'a..b', 'a?x=1', 'a#b', 'a\\b', 'a\nb', '\ud800'])('refuses the id %j', (id) => {
    expect(errorOf(() => request({ operation: 'health', endpointId: id }))).toBeInstanceOf(InvalidRequest);
    expect(errorOf(() => request({ ...status, jobId: id }))).toBeInstanceOf(InvalidRequest);
  });

  const bodyOf = (submit: SubmitRequest) => JSON.parse(request(run(submit)).body ?? '');

  test('carries policy, webhook and storage in the words of the wire, and leaves the model out', () => {
    expect(
      bodyOf({
        input: { prompt: 'a red boat' },
        policy: { executionTimeoutMs: 60_000, ttlMs: 90_000.4, lowPriority: true },
        webhook: 'https://example.com/hook',
        s3Config: { bucketName: 'b' },
        model: 'sdxl',
      }),
    ).toEqual({
      input: { prompt: 'a red boat' },
      policy: { executionTimeout: 60_000, ttl: 90_000, lowPriority: true },
      webhook: 'https://example.com/hook',
      s3Config: { bucketName: 'b' },
    });
  });

  test.each([
    [0, 5_000, 10_000],
    [1e12, 604_800_000, 604_800_000],
  ])('brings a policy of %d ms within bounds', (ms, executionTimeout, ttl) => {
    expect(bodyOf({ input: 1, policy: { executionTimeoutMs: ms, ttlMs: ms } }).policy).toEqual({
      executionTimeout,
      ttl,
    });
  });

  test('is refused before it is sent where its body is over the limit', () => {
    const error = errorOf(() => request(run({ input: { image: 'a'.repeat(runpod.maxBodyBytes.run) } })));
    expect(error).toBeInstanceOf(PayloadTooLarge);
    expect(error.message).toMatch(/^run on endpoint "ep": the body is 10485\d+ bytes/);
  });

  test('may be twice as large where it waits for the result', () => {
    const sync = (length: number): Call => ({
      operation: 'runSync',
      endpointId: 'ep',
      submit: { input: { image: 'a'.repeat(length) } },
      waitMs: 1_000,
    });
    expect(request(sync(runpod.maxBodyBytes.run)).body).toHaveLength(
      runpod.maxBodyBytes.run + '{"input":{"image":""}}'.length,
    );
    expect(errorOf(() => request(sync(runpod.maxBodyBytes.runSync)))).toBeInstanceOf(PayloadTooLarge);
  });
});

describe('a job', () => {
  test('is read whole, unknown fields let through', () => {
    const wire = {
      id: 'j-1',
      status: 'COMPLETED',
      delayTime: 812,
      executionTime: 4_210,
      output: [{ image: 'x' }],
      workerId: 'w-1',
      retries: 1,
      novelty: true,
    };
    expect(runpod.readJob(status, answer(wire))).toEqual({
      jobId: 'j-1',
      status: 'COMPLETED',
      delayTimeMs: 812,
      executionTimeMs: 4_210,
      output: [{ image: 'x' }],
      workerId: 'w-1',
      retries: 1,
    });
  });

  test.each([
    ['IN_QUEUE', { status: 'IN_QUEUE' }],
    ['in_progress', { status: 'IN_PROGRESS' }],
    ['RUNNING', { status: 'IN_PROGRESS' }],
    ['Completed', { status: 'COMPLETED' }],
    ['FAILED', { status: 'FAILED' }],
    ['cancelled', { status: 'CANCELLED' }],
    ['TIMED_OUT', { status: 'TIMED_OUT' }],
    ['WARMING', { status: 'UNKNOWN', rawStatus: 'WARMING' }],
  ])('with the status %j', (raw, expected) => {
    expect(runpod.readJob(status, answer({ id: 'j-1', status: raw }))).toEqual({ jobId: 'j-1', ...expected });
  });

  test('keeps null as an output, and drops null and ill-typed extras', () => {
    const wire = {
      status: 'COMPLETED',
      output: null,
      error: null,
      delayTime: '7',
      executionTime: -1,
      workerId: 9,
      retries: null,
    };
    expect(runpod.readJob(status, answer(wire))).toEqual({ jobId: 'j-1', status: 'COMPLETED', output: null });
  });

  test.each([1e300, 1_790_000_000_000, -5])('drops times that none can be: %d', (time) => {
    const wire = { status: 'COMPLETED', output: 1, delayTime: time, executionTime: time };
    expect(runpod.readJob(status, answer(wire))).toEqual({ jobId: 'j-1', status: 'COMPLETED', output: 1 });
  });

  test('is accepted where the answer has an id, whatever its status', () => {
    expect(runpod.readJob(run() as JobAnswerCall, answer({ id: 'n-1' }))).toEqual({ jobId: 'n-1', status: 'UNKNOWN' });
  });

  test.each<[string, unknown]>([
    ['no status', { id: 'j-1' }],
    ['an empty status', { id: 'j-1', status: '' }],
    ['a status that is no text', { id: 'j-1', status: 7 }],
    ['a status that has a length of its own', { id: 'j-1', status: { length: { toString: 1 } } }],
    ['the id of another job', { id: 'j-2', status: 'COMPLETED' }],
    ['a list', []],
    ['null', null],
    ['text', '"ok"'],
    ['nothing', ''],
    ['broken JSON', '{"id":'],
    ['an HTML page', '<!DOCTYPE html><html></html>'],
  ])('is not read from %s', (_what, body) => {
    expect(errorOf(() => runpod.readJob(status, answer(body)))).toMatchObject({
      code: 'ProtocolError',
      httpStatus: 200,
    });
  });

  test.each<[string, unknown]>([
    ['an error in a 200', { error: 'could not queue job' }],
    ['a status without an id', { status: 'IN_QUEUE' }],
    ['an empty id', { id: '', status: 'IN_QUEUE' }],
  ])('is not accepted by %s', (_what, body) => {
    const error = errorOf(() => runpod.readJob(run() as JobAnswerCall, answer(body)));
    expect(error).toMatchObject({ code: 'ProtocolError', body: JSON.stringify(body) });
    expect(error.message).toBe('run on endpoint "ep": HTTP 200, but no job id');
  });
});

describe('a stream', () => {
  test.each<[string, unknown, unknown]>([
    [
      'an envelope',
      { id: 'j-1', status: 'IN_PROGRESS', stream: [{ output: 'a', metrics: { n: 1 } }, { output: null }] },
      { status: 'IN_PROGRESS', chunks: [{ output: 'a', metrics: { n: 1 } }, { output: null }] },
    ],
    [
      'whole chunks, whatever stands beside the output',
      { status: 'IN_PROGRESS', stream: [{ output: 'a', metrics: { n: 1 }, finish_reason: 'stop' }] },
      { status: 'IN_PROGRESS', chunks: [{ output: 'a', metrics: { n: 1 }, finish_reason: 'stop' }] },
    ],
    ['an envelope without chunks', { status: 'completed' }, { status: 'COMPLETED', chunks: [] }],
    ['a bare list', [{ output: 1 }, { output: 2 }], { chunks: [{ output: 1 }, { output: 2 }] }],
    [
      'chunks that are no objects',
      ['a', 7, null, [1]],
      { chunks: [{ output: 'a' }, { output: 7 }, { output: null }, { output: [1] }] },
    ],
    ['a chunk without output', [{ text: 'a' }], { chunks: [{ output: { text: 'a' } }] }],
    ['chunks without a status', { stream: ['a'] }, { chunks: [{ output: 'a' }] }],
  ])('is read from %s', (_what, body, expected) => {
    expect(runpod.readStream(status, answer(body))).toEqual(expected);
  });

  test.each<[unknown]>([[{}], ['"text"'], [null], [{ stream: 'a' }]])('is not read from %j', (body) => {
    expect(errorOf(() => runpod.readStream(status, answer(body))).code).toBe('ProtocolError');
  });
});

describe('counters', () => {
  test('of health are taken where they are numbers', () => {
    const wire = {
      jobs: { completed: 1, inQueue: 2, failed: 'many' },
      workers: { idle: 0, running: 3, magic: 1 },
      more: 1,
    };
    expect(runpod.readHealth(health, answer(wire))).toEqual({
      jobs: { completed: 1, inQueue: 2 },
      workers: { idle: 0, running: 3 },
    });
  });

  test('of health may all be missing', () => {
    expect(runpod.readHealth(health, answer({ status: 'healthy' }))).toEqual({ jobs: {}, workers: {} });
    expect(errorOf(() => runpod.readHealth(health, answer([]))).code).toBe('ProtocolError');
  });

  test.each([2, 6])('of health come with %d counters of workers', (count) => {
    const all = { idle: 1, running: 2, initializing: 3, ready: 4, throttled: 5, unhealthy: 6 };
    const workers = Object.fromEntries(Object.entries(all).slice(0, count));
    expect(runpod.readHealth(health, answer({ jobs: {}, workers }))).toEqual({ jobs: {}, workers });
  });

  test('of a purge must be there', () => {
    const purge: Call = { operation: 'purgeQueue', endpointId: 'ep' };
    expect(runpod.readPurge(purge, answer({ removed: 2, status: 'completed' }))).toEqual({ removed: 2 });
    expect(errorOf(() => runpod.readPurge(purge, answer({ ok: true }))).code).toBe('ProtocolError');
  });
});

describe('a refusal', () => {
  const HTML = '<html><head><title>502 Bad Gateway</title></head></html>';

  test.each<[string, Call, number, unknown, string]>([
    ['a bad request', run(), 400, { error: 'bad request' }, 'InvalidRequest'],
    ['an unknown method', status, 405, '', 'InvalidRequest'],
    ['an unprocessable request', run(), 422, { detail: [] }, 'InvalidRequest'],
    ['a redirect', status, 301, '', 'InvalidRequest'],
    ['a body over the limit', run(), 400, 'bad request: body: exceeded max body size of 10MiB', 'PayloadTooLarge'],
    [
      'a body over the limit, said in JSON',
      run(),
      400,
      { error: 'exceeded max body size of 10MiB' },
      'PayloadTooLarge',
    ],
    ['a body over the limit, said by the edge', run(), 502, 'body: exceeded max body size of 10MiB', 'PayloadTooLarge'],
    ['a body over the limit of a proxy', run(), 413, HTML, 'PayloadTooLarge'],
    ['a wrong key', run(), 401, '', 'Unauthorized'],
    ['a forbidden endpoint', status, 403, { message: 'Forbidden' }, 'Unauthorized'],
    ['an empty account', run(), 402, { error: 'no credit' }, 'InsufficientCredit'],
    ['an unknown endpoint at submit', run(), 404, { error: 'endpoint not found' }, 'EndpointNotFound'],
    ['an unknown endpoint without words', health, 404, '', 'EndpointNotFound'],
    ['an unknown job', status, 404, { error: 'job not found' }, 'JobNotFound'],
    ['an unknown job without words', status, 404, '', 'JobNotFound'],
    ['an unknown endpoint of a job', status, 404, { error: 'endpoint not found' }, 'EndpointNotFound'],
    ['an unknown job of an endpoint', status, 404, { error: 'job not found on endpoint ep' }, 'JobNotFound'],
    ["a proxy's page in place of a job", status, 404, HTML, 'ProtocolError'],
    ["the server's own time-out", status, 408, '', 'Unavailable'],
    ['too many requests', run(), 429, '', 'RateLimited'],
    ['a failing server', status, 500, { error: 'oops' }, 'Unavailable'],
    ['a failing edge', status, 502, HTML, 'Unavailable'],
    ['an unreachable origin', status, 522, 'error code: 522', 'Unavailable'],
  ])('for %s', (_what, call, httpStatus, body, code) => {
    const error = errorOf(() => runpod.readJob(call as JobAnswerCall, answer(body, httpStatus)));
    expect(error.code).toBe(code);
    expect(error.httpStatus).toBe(httpStatus);
  });

  test('says what was asked, what the provider said and what to do', () => {
    const error = errorOf(() => runpod.readJob(run() as JobAnswerCall, answer({ error: 'who are you?' }, 401)));
    expect(error.message).toBe(`run on endpoint "ep": HTTP 401: who are you? (check the provider's API key)`);
  });

  test('says so where it is an HTML page, and keeps 2 KiB of it as it came', () => {
    const page = `${HTML}${'x'.repeat(5_000)}`;
    const error = errorOf(() =>
      runpod.readJob(status as JobAnswerCall, answer(page, 502, { 'content-type': 'text/html' })),
    );
    expect(error.message).toMatch(/^status of job "j-1" on endpoint "ep": HTTP 502 with an HTML page/);
    expect(error.message).not.toContain('<');
    expect(error.body).toMatch(/^<html>/);
    expect(Buffer.byteLength(error.body ?? '')).toBe(2048);
  });

  test('carries what Retry-After asks', () => {
    const read = (value: string) =>
      errorOf(() => runpod.readJob(status as JobAnswerCall, answer('', 429, { 'retry-after': value }))).retryAfterMs;
    expect(read('3')).toBe(3_000);
    expect(read('Thu, 01 Jan 1970 00:00:09 GMT')).toBe(9_000);
    expect(read('later')).toBeUndefined();
  });
});
