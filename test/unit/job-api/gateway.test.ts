import { describe, expect, test } from 'vitest';
import { gateway } from '../../../job-api/dialects/gateway.js';
import type { Call, JobAnswerCall } from '../../../job-api/http/call.js';
import type { SubmitRequest } from '../../../job-api/job.js';
import { answer, errorOf, request } from './wire.js';

const run = (submit: SubmitRequest = { input: {} }, endpointId = 'images'): JobAnswerCall => ({
  operation: 'run',
  endpointId,
  submit,
});
const status: JobAnswerCall = { operation: 'status', endpointId: 'images/abc', jobId: 'j-1' };
const health: Call = { operation: 'health', endpointId: 'chat' };
const failure = (code: string, detail?: unknown, message = 'no') => ({ error: { code, message, detail } });
const upstream = (upstream_status: number, upstream_body: unknown) =>
  failure('upstream_error', { upstream_status, upstream_body }, 'the provider failed');

describe('a request', () => {
  test.each<[Call, string, string, unknown]>([
    [run(), 'POST', '/images/run', undefined],
    [run({ input: {} }, 'images/abc'), 'POST', '/images/run', { endpointId: 'abc' }],
    [
      { operation: 'runSync', endpointId: 'chat/c', submit: { input: {} }, waitMs: 5_000 },
      'POST',
      '/chat/runsync',
      { endpointId: 'c', wait: '5000' },
    ],
    [status, 'GET', '/images/status/j-1', { endpointId: 'abc' }],
    [
      { ...status, operation: 'stream', waitMs: 2_000 },
      'GET',
      '/images/stream/j-1',
      { endpointId: 'abc', wait: '2000' },
    ],
    [{ ...status, operation: 'cancel' }, 'POST', '/images/cancel/j-1', { endpointId: 'abc' }],
    [{ ...status, operation: 'retry' }, 'POST', '/images/retry/j-1', { endpointId: 'abc' }],
    [{ operation: 'purgeQueue', endpointId: 'embeddings' }, 'POST', '/embeddings/purge-queue', undefined],
    [health, 'GET', '/chat/health', undefined],
  ])('goes to a surface, and names the endpoint where it is known: %o', (call, method, path, query) => {
    const words = request(gateway, call);
    expect(words).toMatchObject({ method, path });
    expect(words.query).toEqual(query);
  });

  test('has no words for a long poll', () => {
    expect(gateway.routes.statusSync).toBeUndefined();
  });

  test.each(['draw', '', 'Images', 'images/', 'images/a/b', 'images/..', '/abc'])('refuses the endpoint %j', (name) => {
    expect(errorOf(() => request(gateway, { ...health, endpointId: name }))).toMatchObject({ code: 'InvalidRequest' });
  });

  test('carries the model, the policy and the provider-side webhook beside the input', () => {
    const submit = {
      input: { prompt: 'x' },
      model: 'sdxl',
      webhook: 'https://example.com/hook',
      policy: { ttlMs: 20_000 },
      s3Config: { bucketName: 'b' },
    };
    expect(JSON.parse(request(gateway, run(submit)).body ?? '')).toEqual({
      input: { prompt: 'x' },
      model: 'sdxl',
      webhook: 'https://example.com/hook',
      policy: { ttl: 20_000 },
      s3Config: { bucketName: 'b' },
    });
  });

  test.each<[SubmitRequest['input']]>([['text'], [7], [null], [true], [[{ prompt: 'x' }]]])(
    'is refused where the gateway would take the whole body for the input: %j',
    (input) => {
      const error = errorOf(() => request(gateway, run({ input, webhook: 'https://example.com/hook' })));
      expect(error.code).toBe('InvalidRequest');
      expect(error.message).toMatch(/takes an object as input/);
    },
  );
});

describe('the endpoint that the gateway chose', () => {
  const submitted = { id: 'j-1', status: 'IN_QUEUE' };
  const chosen = (call: JobAnswerCall, header?: string) =>
    gateway.readJob(call, answer(submitted, 200, header === undefined ? {} : { 'x-runpod-endpoint-id': header }))
      .endpointId;

  test('is a part of the job from its submit on', () => {
    expect(chosen(run(), 'abc')).toBe('images/abc');
    expect(chosen(run({ input: {} }, 'images/asked'), 'other')).toBe('images/other');
  });

  test('is left open where the answer names none, or one that no request could name', () => {
    expect(chosen(run())).toBeUndefined();
    for (const header of ['', ' ', '../x', 'a/b', 'a?b']) expect(chosen(run(), header)).toBeUndefined();
  });

  test('is a matter of the submit alone', () => {
    expect(chosen(status, 'other')).toBeUndefined();
  });
});

describe('a refusal', () => {
  test.each<[string, JobAnswerCall, number, unknown, string, number]>([
    ['a wrong body', run(), 400, failure('validation_error'), 'InvalidRequest', 400],
    ['an empty account', run(), 402, failure('insufficient_credits'), 'InsufficientCredit', 402],
    ['a surface without an endpoint', run(), 400, failure('missing_endpoint_id'), 'EndpointNotFound', 400],
    ['missing configuration', run(), 500, failure('configuration_error'), 'Unavailable', 500],
    ["the limiter's page", run(), 429, 'Too many requests', 'RateLimited', 429],
    ['a status of RunPod that is kept', status, 404, upstream(404, { error: 'job not found' }), 'JobNotFound', 404],
    ['a status of RunPod behind a 502', status, 502, upstream(404, '{"error":"job not found"}'), 'JobNotFound', 404],
    [
      'an unknown endpoint of RunPod',
      status,
      404,
      upstream(404, { error: 'endpoint not found' }),
      'EndpointNotFound',
      404,
    ],
    ['a failing RunPod behind a 400', run(), 400, upstream(502, '<html>'), 'Unavailable', 502],
    ['a limit of RunPod', status, 502, upstream(429, ''), 'RateLimited', 429],
    [
      'a body that RunPod takes for too large',
      run(),
      400,
      upstream(400, 'exceeded max body size of 10MiB'),
      'PayloadTooLarge',
      400,
    ],
    ['an upstream without a status', status, 502, failure('upstream_error'), 'Unavailable', 502],
    ['a page of a proxy', status, 404, '<html></html>', 'ProtocolError', 404],
  ])('for %s', (_what, call, httpStatus, body, code, meaning) => {
    const error = errorOf(() => gateway.readJob(call, answer(body, httpStatus)));
    expect(error).toMatchObject({ code, httpStatus: meaning });
  });

  test('of a key may pass, since it is said too while keys cannot be checked', () => {
    for (const body of [failure('unauthorized'), '']) {
      expect(errorOf(() => gateway.readJob(status, answer(body, 401)))).toMatchObject({
        code: 'Unauthorized',
        retryable: true,
      });
    }
    expect(errorOf(() => gateway.readJob(status, answer(failure('forbidden'), 403))).retryable).toBe(false);
  });

  test("of the gateway's own key at RunPod does not, and names whom to ask", () => {
    const error = errorOf(() => gateway.readJob(status, answer(upstream(401, ''), 502)));
    expect(error).toMatchObject({ code: 'Unauthorized', retryable: false });
    expect(error.message).toContain("it is the gateway's own account that was refused");
  });

  test.each<[unknown]>([
    [{ allowed: false, exceeded: 'daily', limit: 20_000 }],
    [failure('quota_exceeded', { allowed: false, exceeded: 'daily' })],
  ])('of a used-up budget says which, and until when: %j', (body) => {
    const error = errorOf(() => gateway.readJob(status, answer(body, 429, { 'retry-after': '60' })));
    expect(error).toMatchObject({ code: 'RateLimited', retryAfterMs: 60_000 });
    expect(error.message).toContain("the key's daily budget is used up");
  });
});

describe('an answer that is not as documented', () => {
  test('may count what was purged in another word', () => {
    const purge: Call = { operation: 'purgeQueue', endpointId: 'chat' };
    expect(gateway.readPurge(purge, answer({ ok: true, purged: 4 }))).toEqual({ removed: 4 });
  });

  test('may count nothing of health', () => {
    expect(gateway.readHealth(health, answer({ status: 'healthy' }))).toEqual({ jobs: {}, workers: {} });
  });
});
