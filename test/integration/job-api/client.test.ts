import { describe, expect, test } from 'vitest';
import { createJobApi, type JobApi } from '../../../job-api/index.js';
import { connect, jobServer, json, KEY, type Respond, rejection } from './job-server.js';

const _silence: Respond = () => {};
const _reset: Respond = (response) => {
  response.socket?.resetAndDestroy();
};

const job = { id: 'j-1', status: 'IN_QUEUE' };

describe('every operation', () => {
  test.each<[string, (api: JobApi) => Promise<unknown>, unknown, string, unknown]>([
    [
      'run',
      (api) => api.run('ep', { input: { a: 'ä' } }),
      job,
      'POST /v2/ep/run',
      { jobId: 'j-1', status: 'IN_QUEUE' },
    ],
    [
      'runSync',
      (api) => api.runSync('ep', { input: 1 }),
      { id: 'sync-1', status: 'COMPLETED', output: [1] },
      'POST /v2/ep/runsync?wait=90000',
      { jobId: 'sync-1', status: 'COMPLETED', output: [1] },
    ],
    ['status', (api) => api.status('ep', 'j-1'), job, 'GET /v2/ep/status/j-1', { jobId: 'j-1', status: 'IN_QUEUE' }],
    [
      'statusSync',
      (api) => api.statusSync('ep', 'j-1', { waitMs: 5_000 }),
      { ...job, status: 'completed', output: 'x' },
      'GET /v2/ep/status-sync/j-1?wait=5000',
      { jobId: 'j-1', status: 'COMPLETED', output: 'x' },
    ],
    [
      'stream',
      (api) => api.stream('ep', 'j-1'),
      { status: 'IN_PROGRESS', stream: [{ output: 1 }] },
      'GET /v2/ep/stream/j-1?wait=10000',
      { status: 'IN_PROGRESS', chunks: [{ output: 1 }] },
    ],
    [
      'cancel',
      (api) => api.cancel('ep', 'j-1'),
      { ...job, status: 'CANCELLED' },
      'POST /v2/ep/cancel/j-1',
      { jobId: 'j-1', status: 'CANCELLED' },
    ],
    ['retry', (api) => api.retry('ep', 'j-1'), job, 'POST /v2/ep/retry/j-1', { jobId: 'j-1', status: 'IN_QUEUE' }],
    ['purgeQueue', (api) => api.purgeQueue('ep'), { removed: 3 }, 'POST /v2/ep/purge-queue', { removed: 3 }],
    [
      'health',
      (api) => api.health('ep'),
      { jobs: { inQueue: 1 }, workers: { idle: 2 } },
      'GET /v2/ep/health',
      { jobs: { inQueue: 1 }, workers: { idle: 2 } },
    ],
  ])('asks and reads: %s', async (_name, call, wire, line, expected) => {
    const { api, received } = await jobServer(json(wire));
    expect(await call(api)).toMatchObject(expected as object);
    expect(received).toHaveLength(1);
    expect(`${received[0]?.method} ${received[0]?.url}`).toBe(line);
    expect(received[0]?.headers).toMatchObject({ authorization: `Bearer ${KEY}`, accept: 'application/json' });
  });

  test('sends a submit as JSON, and nothing where there is nothing to send', async () => {
    const { api, received } = await jobServer(json(job));
    await api.run('ep', { input: { a: 'ä💡' }, policy: { lowPriority: true } });
    await api.cancel('ep', 'j-1');
    expect(received[0]?.headers['content-type']).toBe('application/json');
    expect(JSON.parse(received[0]?.body ?? '')).toEqual({ input: { a: 'ä💡' }, policy: { lowPriority: true } });
    expect(received[1]?.headers['content-type']).toBeUndefined();
    expect(received[1]?.body).toBe('');
  });

  test('names itself, and sends no key where there is none', async () => {
    const { received, baseUrl } = await jobServer(json(job));
    await connect(`${baseUrl}/`, { apiKey: undefined, userAgent: 'studio/1.0' }).status('ep', 'j-1');
    expect(received[0]?.headers['user-agent']).toBe('studio/1.0');
    expect(received[0]?.headers.authorization).toBeUndefined();
    expect(received[0]?.url).toBe('/v2/ep/status/j-1');
  });

  test('uses its connections again', async () => {
    const ports = new Set<number | undefined>();
    const { api } = await jobServer((response, request) => {
      ports.add(response.socket?.remotePort);
      json(job)(response, request);
    });
    for (let n = 0; n < 20; n += 1) await api.status('ep', 'j-1');
    // The next request may be there before the pool has put the last connection back.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  test('is refused before it is sent where an id could lead elsewhere', async () => {
    const { api, received } = await jobServer(json(job));
    expect((await rejection(api.status('ep', '../../other'))).code).toBe('InvalidRequest');
    expect((await rejection(api.run('ep?x=1', { input: 1 }))).code).toBe('InvalidRequest');
    expect(received).toHaveLength(0);
  });
});

describe('a job', () => {
  test.each([
    ['IN_QUEUE', { started: false, completed: false, succeeded: false }],
    ['IN_PROGRESS', { started: true, completed: false, succeeded: false }],
    ['COMPLETED', { started: true, completed: true, succeeded: true }],
    ['FAILED', { started: true, completed: true, succeeded: false }],
    ['CANCELLED', { started: true, completed: true, succeeded: false }],
    ['TIMED_OUT', { started: true, completed: true, succeeded: false }],
    ['NOVEL', { started: false, completed: false, succeeded: false }],
  ])('that is %s says so as the SDK of RunPod does', async (status, answers) => {
    const { api } = await jobServer(json({ id: 'j-1', status }));
    expect(await api.status('ep', 'j-1')).toMatchObject(answers);
  });
});

describe('an answer that is no good', () => {
  const html: Respond = (response) =>
    response.writeHead(502, { 'content-type': 'text/html' }).end(`<html>${'x'.repeat(10_000)}</html>`);

  test('of HTML leaves the fate of a submit open, and says so', async () => {
    const { api, received } = await jobServer(html);
    const error = await rejection(api.run('ep', { input: 1 }));
    expect(error).toMatchObject({ code: 'SubmitAmbiguous', httpStatus: 502 });
    expect(error.message).toContain('HTTP 502 with an HTML page');
    expect(Buffer.byteLength(error.body ?? '')).toBe(2048);
    expect(received).toHaveLength(1);
  });

  test('of HTML makes a read unavailable', async () => {
    const { api } = await jobServer(html);
    expect((await rejection(api.status('ep', 'j-1'))).code).toBe('Unavailable');
  });

  test('of success without an id leaves the fate of a submit open', async () => {
    const { api } = await jobServer(json({ error: 'could not queue job' }));
    const error = await rejection(api.run('ep', { input: 1 }));
    expect(error).toMatchObject({ code: 'SubmitAmbiguous', body: '{"error":"could not queue job"}' });
    expect(error.cause).toMatchObject({ code: 'ProtocolError' });
  });

  test.each<[string, Respond]>([
    ['cut short', (response) => response.end('{"id":"j-1","sta')],
    [
      'cut off',
      (response) =>
        response.writeHead(200, { 'content-length': '100' }).write('{"id":"j-1",', () => response.socket?.end()),
    ],
    ['in other quotes', (response) => response.end("{'id': 'j-1'}")],
    ['in an unknown envelope', json({ code: 20_001, message: 'accepted', job: { id: 'j-1' } })],
  ])('but names a job leaves it in the error: %s', async (_how, respond) => {
    const { api } = await jobServer(respond);
    expect(await rejection(api.run('ep', { input: { id: 'mine' } }))).toMatchObject({
      code: 'SubmitAmbiguous',
      job: { jobId: 'j-1' },
    });
  });

  test('but names a job names it by the endpoint that a gateway chose', async () => {
    const provider = { name: 'test', dialect: 'gateway' } as const;
    const { baseUrl } = await jobServer((response) =>
      response.writeHead(200, { 'x-runpod-endpoint-id': 'abc' }).end('{"id":"j-1","sta'),
    );
    const api = connect('', { provider: { ...provider, baseUrl } });
    expect(await rejection(api.run('images', { input: { a: 1 } }))).toMatchObject({
      job: { jobId: 'j-1', endpointId: 'images/abc' },
    });
  });

  test.each<[string, Respond]>([
    ['what was sent', (response) => response.end('{"id":"mine","sta')],
    ['nothing whole', (response) => response.end('{"id":"j-')],
    ['one in an error', (response) => response.writeHead(502).end('{"id":"j-1","sta')],
  ])('names no job by %s', async (_what, respond) => {
    const { api } = await jobServer(respond);
    const error = await rejection(api.run('ep', { input: { id: 'mine' } }));
    expect(error).toMatchObject({ code: 'SubmitAmbiguous', job: undefined });
  });

  test('of 429 is a certain refusal, with the time to wait', async () => {
    const { api } = await jobServer(json({ error: 'slow down' }, 429, { 'retry-after': '7' }));
    expect(await rejection(api.run('ep', { input: 1 }))).toMatchObject({ code: 'RateLimited', retryAfterMs: 7_000 });
  });

  test('is followed no further than 64 MiB', async () => {
    const chunk = Buffer.alloc(1024 * 1024, ' ');
    const { api } = await jobServer((response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write(chunk)) {}
      };
      response.on('drain', more);
      more();
    });
    const error = await rejection(api.status('ep', 'j-1'));
    expect(error.code).toBe('ProtocolError');
    expect(error.message).toContain('over 67108864 bytes');
  });

  test('never carries the key or storage secrets into the error', async () => {
    const { api } = await jobServer((response, { headers, body }) =>
      response.writeHead(400).end(`you sent ${headers.authorization} with ${body}`),
    );
    const error = await rejection(
      api.run('ep', { input: 1, s3Config: { accessId: 'AKIA12345', accessSecret: 'wJalrXUtnFEMI' } }),
    );
    const shown = [error.message, error.body, error.stack, JSON.stringify(error), String(error.cause)].join('\n');
    expect(shown).toContain('Bearer [secret]');
    for (const secret of [KEY, 'AKIA12345', 'wJalrXUtnFEMI']) expect(shown).not.toContain(secret);
  });
});

describe('secrets of inputs', () => {
  test('are in no error, whoever repeats them', async () => {
    const { api } = await jobServer(
      (response, asked) => {
        if (asked.method === 'POST') response.writeHead(400).end(`cannot read ${asked.body}`);
        else json({ id: 'j-1', status: 'FAILED', error: { text: 'no access with hf_12345678' } })(response, asked);
      },
      { secrets: ['hf_12345678'] },
    );
    const error = await rejection(api.run('ep', { input: { token: 'hf_12345678' } }));
    expect(error.body ?? error.message).toContain('{"token":"[secret]"}');
    expect((await api.status('ep', 'j-1')).error).toEqual({ text: 'no access with [secret]' });
  });
});

describe('what can not work is refused at once', () => {
  const create = (baseUrl: string, apiKey?: string) => () =>
    createJobApi({ provider: { name: 'studio', dialect: 'runpod', baseUrl }, apiKey });

  test.each(['', 'api.runpod.ai/v2', 'ftp://x', 'https://user:pw@x/v2', 'https://x/v2?key=1'])('the URL %j', (url) => {
    expect(create(url)).toThrow(/baseUrl of provider "studio"/);
  });

  test.each(['', 'abc\n', 'a b', 'schlüssel'])('the key %j, without showing it', (key) => {
    expect(create('https://x/v2', key)).toThrow(/the API key of provider "studio" is empty, or holds/);
    if (key !== '') expect(create('https://x/v2', key)).not.toThrow(key);
  });
});
