import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type EmulatorOptions, TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';
import { receiver } from './receiver.js';

async function gateway(options: EmulatorOptions = {}) {
  const emulator = await emulatorForTest({
    ...options,
    gateway: { surfaces: { chat: 'echo', images: 'nobody-home' }, models: { flux: 'sleep' }, ...options.gateway },
  });
  return {
    emulator,
    get: (path: string) => emulator.get(`/v1/runpod/${path}`),
    post: (path: string, body?: unknown) => emulator.post(`/v1/runpod/${path}`, body),
  };
}

describe('the gateway', () => {
  it('runs a job on the endpoint of its surface, and says which that is', async () => {
    const api = await gateway();
    const { body, headers } = await api.post('chat/run', { input: { a: 1 } });
    expect(Object.fromEntries(headers)).toMatchObject({
      'x-runpod-endpoint-id': 'echo',
      'x-runpod-operation': 'run',
      'x-trace-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
    });
    await api.emulator.reaches('echo', body.id, 'COMPLETED');
    expect((await api.get(`chat/status/${body.id}`)).body).toMatchObject({ id: body.id, output: { a: 1 } });
  });

  it.each([
    ['?endpointId= before all', 'chat/run?endpointId=asked', { endpointId: 'body', model: 'flux' }, 'asked'],
    ['the endpointId of the body', 'chat/run', { endpointId: 'body', model: 'flux' }, 'body'],
    ['the endpoint of the model', 'chat/run', { model: 'flux' }, 'sleep'],
    ['that of the surface for another model', 'chat/run', { model: 'none' }, 'echo'],
  ])('chooses %s', async (_what, path, body, endpointId) => {
    const api = await gateway();
    const answer = await api.post(path, { input: { ms: 1 }, ...body });
    expect(answer.headers.get('x-runpod-endpoint-id')).toBe(endpointId);
    expect(api.emulator.jobs()).toMatchObject([{ endpoint: endpointId, input: { ms: 1 } }]);
  });

  it('does not find by its surface what the model chose, only by its endpoint', async () => {
    const api = await gateway();
    const { body } = await api.post('chat/run', { input: { ms: 60_000 }, model: 'flux' });
    expect((await api.get(`chat/status/${body.id}`)).status).toBe(404);
    expect((await api.get(`chat/status/${body.id}?endpointId=sleep`)).status).toBe(200);
  });

  it('offers stream, cancel, retry, purge-queue and health, and runsync', async () => {
    const api = await gateway({ gateway: { surfaces: { chat: 'fail', images: 'nobody-home', embeddings: 'count' } } });
    const { body: failed } = await api.post('chat/runsync', { input: { message: 'x' } });
    expect(failed.status).toBe('FAILED');
    expect((await api.post(`chat/retry/${failed.id}`)).body).toEqual({ id: failed.id, status: 'IN_QUEUE' });
    const { body: counted } = await api.post('embeddings/runsync', { input: { to: 2 } });
    expect((await api.get(`embeddings/stream/${counted.id}`)).body).toEqual({
      status: 'COMPLETED',
      stream: [{ output: 1 }, { output: 2 }],
    });
    const { body: queued } = await api.post('images/run', { input: { a: 1 } });
    expect((await api.post(`images/cancel/${queued.id}`)).body).toEqual({ id: queued.id, status: 'CANCELLED' });
    expect((await api.post('images/purge-queue')).body).toEqual({ removed: 0, status: 'completed' });
    expect((await api.get('images/health')).body.jobs.inQueue).toBe(0);
  });

  it.each([
    ['no endpoint', 'transcribe/run', 400, 'missing_endpoint_id'],
    ['an empty endpointId', 'chat/run?endpointId=', 400, 'invalid_request'],
    ['a surface it does not have', 'video/run', 404, 'not_found'],
  ])('refuses %s', async (_what, path, status, code) => {
    const api = await gateway();
    const answer = await api.post(path, { input: { a: 1 } });
    expect(answer).toMatchObject({ status, body: { error: { code, message: expect.any(String) } } });
    expect(api.emulator.jobs()).toEqual([]);
  });

  it('refuses a key it does not know in its own words', async () => {
    const api = await gateway({ apiKey: 'right' });
    expect(await api.get('chat/health')).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } });
  });

  it('keeps the status of an upstream error and quotes it', async () => {
    const api = await gateway();
    expect(await api.get('chat/status/nope')).toMatchObject({
      status: 404,
      body: {
        error: {
          code: 'upstream_error',
          message: 'the upstream answered 404: job not found',
          detail: { upstream_status: 404, upstream_body: { error: 'job not found' } },
        },
      },
    });
  });

  it('makes the whole body the input where input is no object', async () => {
    const api = await gateway();
    await api.post('chat/run', { input: 'a boat', policy: { ttl: 20_000 } });
    await api.post('chat/run', { prompt: 'a boat' });
    expect(api.emulator.jobs().map(({ input }) => input)).toEqual([
      { input: 'a boat', policy: { ttl: 20_000 } },
      { prompt: 'a boat' },
    ]);
  });

  it('answers a status read from its cache for 2 s', async () => {
    const clock = new TestClock();
    const api = await gateway({ clock });
    const { body } = await api.post('images/run', { input: { a: 1 } });
    const read = async () => {
      const answer = await api.get(`images/status/${body.id}`);
      return [answer.body.status, answer.headers.get('x-cache')];
    };
    expect(await read()).toEqual(['IN_QUEUE', null]);
    await api.post(`images/cancel/${body.id}`);
    clock.advance(1_999);
    expect(await read()).toEqual(['IN_QUEUE', 'hit']);
    clock.advance(1);
    expect(await read()).toEqual(['CANCELLED', null]);
  });
});

describe('the credit of the gateway', () => {
  it('pays for submits, and is asked for before anything is handed on', async () => {
    const api = await gateway({ gateway: { creditUsd: 1, priceUsd: 0.75 } });
    const paid = await api.post('chat/run', { input: { a: 1 } });
    expect(paid.headers.get('x-dryapi-unit-price-usd')).toBe('0.75');
    expect(paid.headers.get('x-dryapi-credit-balance')).toBe('0.25');
    expect(await api.post('chat/run', { input: { a: 2 } })).toMatchObject({
      status: 402,
      body: { error: { code: 'insufficient_credits', detail: { required_usd: 0.75, balance_usd: 0.25 } } },
    });
    expect(api.emulator.jobs()).toHaveLength(1);
    expect((await api.get('chat/health')).status).toBe(200);
  });

  it('comes back where the upstream refuses', async () => {
    const api = await gateway({ gateway: { creditUsd: 1, priceUsd: 0.75 } });
    api.emulator.setFaults([{ kind: 'status', httpStatus: 500, operation: 'run', times: 1 }]);
    expect((await api.post('chat/run', { input: { a: 1 } })).status).toBe(500);
    expect((await api.post('chat/run', { input: { a: 1 } })).status).toBe(200);
  });

  it('can be set, in code and over HTTP', async () => {
    const api = await gateway();
    api.emulator.setGatewayCredit(0);
    expect((await api.post('chat/run', { input: { a: 1 } })).status).toBe(402);
    const set = await api.emulator.post('/_emulator/gateway', { creditUsd: 3 });
    expect(set.body).toEqual({ creditUsd: 3 });
    expect((await api.post('chat/run', { input: { a: 1 } })).status).toBe(200);
    expect((await api.emulator.post('/_emulator/gateway', { creditUsd: -1 })).status).toBe(400);
  });
});

describe("the gateway's webhooks", () => {
  it('come signed, and only after somebody read the status', async () => {
    const clock = new TestClock();
    const { url, deliveries } = await receiver();
    const api = await gateway({ clock, gateway: { webhookSecret: 's3' } });
    const { body: job } = await api.post('images/run', { input: { a: 1 }, webhook_url: `${url}/events` });
    for (const event of ['job.processing', 'job.failed']) {
      await api.get(`images/status/${job.id}`);
      await eventually(() => expect(deliveries.at(-1)?.body.event).toBe(event));
      await api.post(`images/cancel/${job.id}`);
      expect(deliveries.at(-1)?.body.event).toBe(event);
      clock.advance(2_000);
    }
    await api.get(`images/status/${job.id}`);
    expect(deliveries).toHaveLength(2);
    const [first] = deliveries;
    expect(first?.body).toMatchObject({ data: { status: 'processing', surface: 'images', result: { id: job.id } } });
    const signature = createHmac('sha256', 's3').update(`${first?.body.timestamp}.${first?.text}`).digest('hex');
    expect(first?.headers['x-deapi-signature']).toBe(`sha256=${signature}`);
  });

  it('leave those of the job API to it', async () => {
    const { url, deliveries } = await receiver();
    const api = await gateway();
    const { body } = await api.post('chat/run', { input: { a: 1 }, webhook: url });
    await eventually(() => expect(deliveries.map((delivery) => delivery.body.id)).toEqual([body.id]));
  });

  it('must be URLs', async () => {
    const api = await gateway();
    expect(await api.post('chat/run', { input: { a: 1 }, webhook_url: 'soon' })).toMatchObject({
      status: 400,
      body: { error: { code: 'invalid_request', message: expect.stringContaining('webhook_url') } },
    });
  });
});
