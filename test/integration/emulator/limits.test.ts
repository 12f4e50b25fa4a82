import { describe, expect, it } from 'vitest';
import { TestClock } from '../../../emulator/index.js';
import { emulatorForTest, eventually } from './harness.js';

/** Sends `count` requests, some at once, and counts the answers by their status. */
async function statuses(count: number, send: () => Promise<{ status: number }>): Promise<Record<number, number>> {
  const counts: Record<number, number> = {};
  for (let sent = 0; sent < count; sent += 50) {
    const batch = Array.from({ length: Math.min(50, count - sent) }, send);
    for (const { status } of await Promise.all(batch)) counts[status] = (counts[status] ?? 0) + 1;
  }
  return counts;
}

describe('documented limits', () => {
  it('answer 429 beyond the rate of an operation, and nothing is carried out', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ limits: 'documented', clock });
    expect(await statuses(1_010, () => emulator.post('/v2/echo/run', { input: 1 }))).toEqual({ 200: 1_000, 429: 10 });
    expect(emulator.jobs()).toHaveLength(1_000);
    const refused = await emulator.post('/v2/echo/run', { input: 1 });
    expect(refused.body).toEqual({ error: 'too many requests: run: 1000 in 10 s' });
    expect(refused.headers.get('retry-after')).toBeNull();
    expect((await emulator.get('/v2/echo/health')).status).toBe(200);
    clock.advance(10_000);
    expect((await emulator.post('/v2/echo/run', { input: 1 })).status).toBe(200);
  });

  it('hold for a held request too, for as long as it is held', async () => {
    const emulator = await emulatorForTest({ limits: 'documented' });
    const id = await emulator.submit('nobody-home', { a: 1 });
    const leaving = new AbortController();
    const path = `/v2/nobody-home/status-sync/${id}`;
    const held = Array.from({ length: 400 }, () => emulator.get(path, { signal: leaving.signal }).catch(() => 'left'));
    await eventually(async () => {
      const answer = await emulator.get(`/v2/nobody-home/status/${id}`);
      expect(answer).toMatchObject({ status: 429, body: { error: expect.stringContaining('400 at once') } });
    });
    leaving.abort();
    expect(new Set(await Promise.all(held))).toEqual(new Set(['left']));
    await eventually(async () => expect((await emulator.get(`/v2/nobody-home/status/${id}`)).status).toBe(200));
  });

  it('let a key and an endpoint have their own', async () => {
    const emulator = await emulatorForTest({ limits: 'documented' });
    const purge = async (endpoint: string, key: string) =>
      (await emulator.post(`/v2/${endpoint}/purge-queue`, {}, { headers: { authorization: key } })).status;
    expect([await purge('a', 'x'), await purge('a', 'x'), await purge('a', 'x')]).toEqual([200, 200, 429]);
    expect([await purge('b', 'x'), await purge('a', 'y')]).toEqual([200, 200]);
  });

  it('cap a queue', async () => {
    const emulator = await emulatorForTest({ limits: 'documented', endpoints: { small: { workers: 0 } } });
    expect(await statuses(60, () => emulator.post('/v2/small/run', { input: 1 }))).toEqual({ 200: 51, 429: 9 });
    const { body } = await emulator.post('/v2/small/run', { input: 1 });
    expect(body.error).toBe('too many requests: the queue of small is full');
  });

  it.each([
    ['executionTimeout', 4_999, 400],
    ['executionTimeout', 5_000, 200],
    ['ttl', 9_999, 400],
    ['ttl', 10_000, 200],
  ])('bound a policy: %s %d is answered with %d', async (name, value, status) => {
    const emulator = await emulatorForTest({ limits: 'documented' });
    const answer = await emulator.post('/v2/echo/run', { input: 1, policy: { [name]: value } });
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.text).toContain(`policy.${name}`);
  });

  it('are told by SubModel in its words', async () => {
    const emulator = await emulatorForTest({ limits: 'documented', submodel: { enveloped: true } });
    const purge = () => emulator.post('/v1/sl/echo/purge-queue', {}, { headers: { 'x-apikey': 'k' } });
    await purge();
    await purge();
    expect(await purge()).toMatchObject({ status: 200, body: { code: 40_300, data: null } });
  });

  it('are left out where nobody asked for them', async () => {
    const emulator = await emulatorForTest();
    expect(await statuses(10, () => emulator.post('/v2/echo/purge-queue'))).toEqual({ 200: 10 });
    expect((await emulator.post('/v2/echo/run', { input: 1, policy: { ttl: 20 } })).status).toBe(200);
  });
});

describe('the quota of the gateway', () => {
  it('is one for all operations of a key, and says how long to wait', async () => {
    const clock = new TestClock();
    const emulator = await emulatorForTest({ limits: 'documented', clock, gateway: { surfaces: { chat: 'echo' } } });
    const health = (key = 'k') => emulator.get('/v1/runpod/chat/health', { headers: { authorization: key } });
    expect((await health()).headers.get('x-ratelimit-remaining')).toBe('299');
    expect(await statuses(300, health)).toEqual({ 200: 299, 429: 1 });
    const refused = await emulator.post('/v1/runpod/chat/run', { input: {} }, { headers: { authorization: 'k' } });
    expect(refused).toMatchObject({ status: 429, body: { allowed: false, exceeded: 'minute' } });
    expect(refused.headers.get('retry-after')).toBe('60');
    expect((await health('other')).status).toBe(200);
    clock.advance(60_000);
    expect((await health()).status).toBe(200);
  });

  it('is joined by one for an address, which asks for no patience', async () => {
    const emulator = await emulatorForTest({
      limits: 'documented',
      clock: new TestClock(),
      gateway: { surfaces: { chat: 'echo' } },
    });
    let key = 0;
    const health = () => {
      key += 1;
      return emulator.get('/v1/runpod/chat/health', { headers: { authorization: `key-${key % 5}` } });
    };
    expect(await statuses(501, health)).toEqual({ 200: 500, 429: 1 });
    const refused = await health();
    expect(refused.body).toMatchObject({ error: { code: 'rate_limited' } });
    expect(refused.headers.get('retry-after')).toBeNull();
  });
});

describe('workers out of service', () => {
  it('can be set over HTTP, and show in health', async () => {
    const emulator = await emulatorForTest();
    const answer = await emulator.post('/_emulator/endpoints/sleep/workers', { throttled: 2, unhealthy: 1 });
    expect(answer.body.workers).toMatchObject({ idle: 0, throttled: 2, unhealthy: 1 });
    const id = await emulator.submit('sleep', { ms: 1 });
    expect((await emulator.get(`/v2/sleep/status/${id}`)).body.status).toBe('IN_QUEUE');
    emulator.setUnavailable('sleep', {});
    await emulator.reaches('sleep', id, 'COMPLETED');
  });

  it.each([{ throttled: -1 }, { unhealthy: 'all' }, { broken: 1 }])('refuses %j', async (body) => {
    const emulator = await emulatorForTest();
    const answer = await emulator.post('/_emulator/endpoints/sleep/workers', body);
    expect(answer).toMatchObject({ status: 400, body: { error: expect.stringContaining('"throttled"') } });
  });
});
