import { describe, expect, test } from 'vitest';
import { createJobApi, type JobApi, type JobApiOptions } from '../../../job-api/index.js';
import { connect, jobServer, json, KEY, type Respond, rejection } from './job-server.js';

type Provider = Omit<JobApiOptions['provider'], 'name' | 'baseUrl'>;

async function serve(provider: Provider, respond: Respond) {
  const { received, baseUrl } = await jobServer(respond);
  const api = connect(baseUrl, { provider: { name: 'studio', baseUrl, ...provider } });
  const lines = () => received.map(({ method, url = '' }) => `${method} ${url.replace('/v2', '')}`);
  return { api, received, lines };
}

const job = { id: 'j-1', status: 'IN_QUEUE' };
const enveloped = (data: unknown) => json({ code: 20_000, message: 'success', data });

describe('SubModel', () => {
  test('is asked with its documented verbs, and its key in its own header', async () => {
    const { api, lines, received } = await serve({ dialect: 'submodel' }, enveloped({ ...job, status: 'completed' }));
    expect(await api.run('ep', { input: 1 })).toMatchObject({ jobId: 'j-1', status: 'COMPLETED', succeeded: true });
    await api.status('ep', 'j-1');
    await api.statusSync('ep', 'j-1', { waitMs: 1_000 });
    await api.stream('ep', 'j-1', { waitMs: 1_000 });
    await api.cancel('ep', 'j-1');
    expect(lines()).toEqual([
      'POST /ep/run',
      'POST /ep/status/j-1',
      'POST /ep/status-sync/j-1?wait=1000',
      'POST /ep/stream/j-1?wait=1000',
      'POST /ep/cancel/j-1',
    ]);
    for (const { headers } of received) {
      expect(headers).toMatchObject({ 'x-apikey': KEY });
      expect(headers.authorization).toBeUndefined();
    }
  });

  test('has no retry, and is not asked for one', async () => {
    const { api, received } = await serve({ dialect: 'submodel' }, json(job));
    expect([...api.unsupported]).toEqual(['retry']);
    const error = await rejection(api.retry('ep', 'j-1'));
    expect(error.code).toBe('InvalidRequest');
    expect(error.message).toBe(
      'provider "studio" has no retry: SubModel documents none (one that is there all the same can be given by operations.retry.path)',
    );
    expect(received).toHaveLength(0);
  });

  test('leaves the fate of a submit open by a code of its server, though HTTP says 200, and by no other', async () => {
    const answering = async (code: number) => {
      const { api } = await serve({ dialect: 'submodel' }, json({ code, message: 'no', data: null }));
      return (await rejection(api.run('ep', { input: 1 }))).code;
    };
    expect(await answering(50_000)).toBe('SubmitAmbiguous');
    expect(await answering(99)).toBe('SubmitAmbiguous');
    expect(await answering(40_100)).toBe('Unauthorized');
    expect(await answering(40_300)).toBe('RateLimited');
  });
});

describe('a gateway', () => {
  test('is asked of a job by the endpoint that took it', async () => {
    const { api, lines, received } = await serve(
      { dialect: 'gateway' },
      json(job, 200, { 'X-RunPod-Endpoint-Id': 'abc' }),
    );
    const { endpointId = '' } = await api.run('images', { input: {}, model: 'sdxl' });
    expect(endpointId).toBe('images/abc');
    await api.status(endpointId, 'j-1');
    await api.cancel(endpointId, 'j-1');
    await api.retry(endpointId, 'j-1');
    expect(lines()).toEqual([
      'POST /images/run',
      'GET /images/status/j-1?endpointId=abc',
      'POST /images/cancel/j-1?endpointId=abc',
      'POST /images/retry/j-1?endpointId=abc',
    ]);
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ input: {}, model: 'sdxl' });
    expect(received[0]?.headers.authorization).toBe(`Bearer ${KEY}`);
  });

  test('has no long poll', async () => {
    const { api, received } = await serve({ dialect: 'gateway' }, json(job));
    expect([...api.unsupported]).toEqual(['statusSync']);
    expect((await rejection(api.statusSync('images', 'j-1'))).code).toBe('InvalidRequest');
    expect(received).toHaveLength(0);
  });

  test('that refuses a key has certainly made no job, and may take it in a moment', async () => {
    const { api } = await serve({ dialect: 'gateway' }, json({ error: { code: 'unauthorized', message: 'no' } }, 401));
    expect(await rejection(api.run('images', { input: {} }))).toMatchObject({ code: 'Unauthorized', retryable: true });
  });

  test('that hides a failing RunPod behind a 400 leaves the fate of a submit open', async () => {
    const detail = { upstream_status: 502, upstream_body: '' };
    const { api } = await serve({ dialect: 'gateway' }, json({ error: { code: 'upstream_error', detail } }, 400));
    expect((await rejection(api.run('images', { input: {} }))).code).toBe('SubmitAmbiguous');
  });

  test('is nowhere where nobody says where', () => {
    expect(() => createJobApi({ provider: { name: 'studio', dialect: 'gateway' }, apiKey: KEY })).toThrow(
      'provider "studio" needs a baseUrl: a gateway has no address of its own',
    );
  });
});

describe('a deployment that deviates', () => {
  test('is asked where it is, in its verbs, with its header', async () => {
    const { api, lines, received } = await serve(
      {
        dialect: 'submodel',
        auth: { header: 'Authorization', value: 'Key {key}' },
        operations: {
          status: { method: 'GET' },
          cancel: { method: 'GET', path: '/jobs/{jobId}/stop' },
          retry: { path: '/{endpointId}/retry/{jobId}' },
        },
      },
      json(job),
    );
    await api.status('ep', 'j-1');
    await api.cancel('ep', 'j-1');
    await api.retry('ep', 'j-1');
    expect(lines()).toEqual(['GET /ep/status/j-1', 'GET /jobs/j-1/stop', 'POST /ep/retry/j-1']);
    expect(received[0]?.headers.authorization).toBe(`Key ${KEY}`);
    expect(received[0]?.headers['x-apikey']).toBeUndefined();
  });

  test('may have one endpoint without a name, and not all operations', async () => {
    const { api, lines } = await serve(
      {
        dialect: 'runpod',
        operations: { run: { path: '/run' }, status: { method: 'POST', path: '/status/{jobId}' }, statusSync: false },
      },
      json(job),
    );
    await api.run('any', { input: 1 });
    await api.status('any', 'j-1');
    expect(lines()).toEqual(['POST /run', 'POST /status/j-1']);
    expect((await rejection(api.statusSync('any', 'j-1'))).code).toBe('InvalidRequest');
  });

  test('of a gateway may have the endpoint in its paths, and is not asked where none is known', async () => {
    const { api, lines } = await serve(
      { dialect: 'gateway', operations: { health: { path: '/{surface}/{endpointId}/health' } } },
      json({}),
    );
    await api.health('chat/abc');
    expect((await rejection(api.health('chat'))).message).toContain('needs {endpointId}, and the endpoint names none');
    expect(lines()).toEqual(['GET /chat/abc/health?endpointId=abc']);
  });

  test('is refused with all that is wrong with what is said of it', () => {
    const create = (): JobApi =>
      createJobApi({
        provider: {
          name: 'studio',
          dialect: 'submodel',
          auth: { header: 'host', value: 'sk-secret' },
          operations: { status: { path: '/status' }, retry: { method: 'POST' } },
        },
      });
    expect(create).toThrow(
      'provider "studio": operations.status: must hold {jobId}; operations.retry: needs a path: SubModel documents no retry; ' +
        'auth.header: the header host is not for keys; auth.value: must hold {key} once, where the key goes, like "Bearer {key}"',
    );
  });
});
