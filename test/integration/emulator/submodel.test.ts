import { describe, expect, it } from 'vitest';
import type { SubmodelOptions } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';

async function submodel(options: SubmodelOptions = {}, apiKey?: string) {
  const emulator = await emulatorForTest({ submodel: options, ...(apiKey !== undefined && { apiKey }) });
  const headers = { authorization: '', 'x-apikey': 'any' };
  return {
    emulator,
    get: (path: string, init: RequestInit = {}) => emulator.get(`/v1/sl/${path}`, { headers, ...init }),
    post: (path: string, body?: unknown, init: RequestInit = {}) =>
      emulator.post(`/v1/sl/${path}`, body, { headers, ...init }),
  };
}

type Submodel = Awaited<ReturnType<typeof submodel>>;

/** Submits by `run`; returns the id once the job has that status. */
async function finished(api: Submodel, endpoint: string, input: unknown): Promise<string> {
  const { body } = await api.post(`${endpoint}/run`, { input });
  const id = body.id ?? body.data.id;
  await eventually(async () => {
    const answer = (await api.post(`${endpoint}/status/${id}`)).body;
    expect((answer.status ?? answer.data.status).toUpperCase()).toBe('COMPLETED');
  });
  return id;
}

describe('the SubModel dialect', () => {
  it('runs a job and reads its status by POST', async () => {
    const api = await submodel();
    const id = await finished(api, 'echo', { a: 1 });
    expect((await api.post(`echo/status/${id}`)).body).toEqual({
      id,
      status: 'COMPLETED',
      delayTime: expect.any(Number),
      executionTime: expect.any(Number),
      workerId: expect.any(String),
      output: { a: 1 },
    });
  });

  it('shares its jobs with the other dialects', async () => {
    const api = await submodel();
    const id = await finished(api, 'echo', { a: 1 });
    expect((await api.emulator.get(`/v2/echo/status/${id}`)).body.output).toEqual({ a: 1 });
  });

  it('answers runsync, cancel and purge-queue as documented', async () => {
    const api = await submodel();
    const sync = await api.post('echo/runsync', { input: { a: 1 } });
    expect(sync.body).toMatchObject({ id: expect.stringMatching(/^sync-/), status: 'COMPLETED', output: { a: 1 } });
    const { body: queued } = await api.post('nobody-home/run', { input: { a: 1 } });
    expect((await api.post(`nobody-home/cancel/${queued.id}`)).body).toEqual({ id: queued.id, status: 'CANCELLED' });
    await api.post('nobody-home/run', { input: { a: 2 } });
    expect((await api.post('nobody-home/purge-queue')).body).toEqual({ removed: 1, status: 'completed' });
  });

  it('counts two kinds of workers', async () => {
    const api = await submodel();
    expect((await api.get('echo/health')).body).toEqual({
      jobs: { completed: 0, failed: 0, inProgress: 0, inQueue: 0, retried: 0 },
      workers: { idle: 3, running: 0 },
    });
  });

  it('streams a bare list of chunks with their metrics, which counts on', async () => {
    const api = await submodel();
    const id = await finished(api, 'count', { to: 2 });
    const first = await api.post(`count/stream/${id}`);
    expect(first.body).toEqual([
      { metrics: { scenario: 'stream', stream_index: 0 }, output: 1 },
      { metrics: { scenario: 'stream', stream_index: 1 }, output: 2 },
    ]);
    expect((await api.post(`count/stream/${id}`)).body).toEqual([]);
  });

  it.each([
    ['GET', 'status'],
    ['GET', 'stream'],
    ['POST', 'retry'],
  ] as const)('has no %s of %s', async (method, operation) => {
    const api = await submodel();
    const id = await finished(api, 'echo', { a: 1 });
    const path = `echo/${operation}/${id}`;
    const answer = await (method === 'GET' ? api.get(path) : api.post(path));
    expect(answer.status).toBe(404);
    expect(answer.body.error).toContain(`no such route: ${method} /v1/sl/echo/${operation}/`);
  });

  it('wants its key as x-apikey', async () => {
    const api = await submodel({}, 'right');
    const health = async (headers: Record<string, string>) => (await api.get('echo/health', { headers })).status;
    expect(await health({ authorization: 'Bearer right' })).toBe(401);
    expect(await health({ 'x-apikey': 'wrong' })).toBe(401);
    expect(await health({ 'x-apikey': 'right' })).toBe(200);
  });
});

describe('SubModel as one of its SDKs expects it', () => {
  it('puts answers into an envelope', async () => {
    const api = await submodel({ enveloped: true });
    const id = await finished(api, 'count', { to: 1 });
    expect((await api.post(`count/status/${id}`)).body).toMatchObject({
      code: 20_000,
      message: 'success',
      data: { id, status: 'COMPLETED', output: [1] },
    });
    expect((await api.post(`count/stream/${id}`)).body.data).toMatchObject([{ output: 1 }]);
  });

  it.each([
    ['a job it does not know', 'echo/status/nope', {}, { code: 40_400, message: 'job not found' }],
    ['no key', 'echo/status/nope', { headers: { authorization: '' } }, { code: 40_100, message: 'unauthorized' }],
    ['a malformed body', 'echo/run', { body: '{' }, { code: 40_000, message: 'bad request: body: not valid JSON' }],
  ])('puts the error for %s into a 200', async (_what, path, init, error) => {
    const api = await submodel({ enveloped: true });
    const answer = await api.post(path, undefined, init);
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({ ...error, data: null });
  });

  it('writes statuses in lower case', async () => {
    const api = await submodel({ lowerCaseStatuses: true });
    const { body } = await api.post('nobody-home/run', { input: { a: 1 } });
    expect(body.status).toBe('in_queue');
    expect((await api.post(`nobody-home/cancel/${body.id}`)).body.status).toBe('cancelled');
  });
});

describe('what no dialect with an endpoint in its path serves', () => {
  it.each([
    ['/v2/echo/requests', 'not published'],
    ['/v2/echo/metrics', 'not published'],
    ['/v2/echo/openai/v1/models', 'send the job by run'],
    ['/v1/sl/echo/openai/v1/models', 'send the job by run'],
  ])('%s, and says why', async (path, why) => {
    const emulator = await emulatorForTest();
    const answer = await emulator.get(path, { headers: { authorization: 'any', 'x-apikey': 'any' } });
    expect(answer.status).toBe(404);
    expect(answer.body.error).toContain(why);
  });
});
