import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { HeldBack } from '../../../job-api/errors.js';
import { EndpointLimiter } from '../../../job-api/limits/endpoint-limiter.js';
import type { RateLimits } from '../../../job-api/limits/limits.js';
import { createRedisLimits } from '../../../job-api/limits/redis-limits.js';
import type { SharedLimits } from '../../../job-api/limits/shared-limits.js';
import { type RedisServer, startRedis, whyNoRedis } from '../../fixtures/redis-server.js';

const missing = whyNoRedis();
if (missing !== undefined) console.warn(`limits in Redis are not tested: ${missing}`);

const MINUTE_MS = 60_000;

const limitsOf = (submitWindowMs: number): RateLimits => ({
  scope: 'endpoint',
  budgets: {
    submit: { operations: ['run'], windows: [{ requests: 10, windowMs: submitWindowMs }] },
    all: {
      operations: ['status', 'cancel'],
      windows: [{ requests: 10, windowMs: 60_000 }],
      reserved: { read: 0.3 },
    },
  },
});

describe.skipIf(missing !== undefined)('limits in Redis', () => {
  let redis: RedisServer;
  const open: SharedLimits[] = [];
  const lines: string[] = [];

  beforeEach(async () => {
    redis = await startRedis();
  });
  afterEach(async () => {
    lines.length = 0;
    await Promise.all(open.splice(0).map((store) => store.close()));
    await redis.stop();
  });

  /** What one process has. A store that is there is waited for, however busy the machine. */
  function limiter({ share = 1, submitWindowMs = MINUTE_MS, answerWithinMs = 10_000 } = {}): EndpointLimiter {
    const shared = createRedisLimits({ url: redis.url, log: (line) => lines.push(line), answerWithinMs });
    open.push(shared);
    return new EndpointLimiter({ name: 'runpod/abc', limits: limitsOf(submitWindowMs), shared, share });
  }

  async function ask(of: EndpointLimiter, operation: 'run' | 'status' | 'cancel', times: number) {
    const results = await Promise.allSettled(
      Array.from({ length: times }, async () => (await of.acquire(operation, { maxWaitMs: 0 })).release()),
    );
    const held = results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
    for (const reason of held) expect(reason).toBeInstanceOf(HeldBack);
    return { passed: times - held.length, held: held as HeldBack[] };
  }

  test('are used by several processes together, in full and not more', async () => {
    const [one, other] = [limiter({ share: 0.5 }), limiter({ share: 0.5 })];
    expect((await ask(one, 'run', 7)).passed).toBe(7);
    const { passed, held } = await ask(other, 'run', 7);
    expect(passed).toBe(3);
    for (const { retryAfterMs = 0 } of held) expect(retryAfterMs).toBeGreaterThan(1_000);
    expect(lines).toEqual([]);
  });

  test('have room again when their window is over', async () => {
    const windowMs = 2_000;
    // What is counted in a slot of the window goes together, and half a second is left for the way to the provider.
    const countsForMs = windowMs + windowMs / 50 + 500;
    const ofSeconds = () => limiter({ submitWindowMs: windowMs });
    const [one, other, third] = [ofSeconds(), ofSeconds(), ofSeconds()];
    expect((await ask(one, 'run', 10)).passed).toBe(10);
    const countedAt = Date.now();
    const { held } = await ask(other, 'run', 1);
    const oneIsBackAt = Date.now() + (held[0]?.retryAfterMs ?? 0);
    await expect.poll(() => Date.now() > oneIsBackAt, { timeout: 45_000 }).toBe(true);
    expect((await ask(third, 'run', 1)).passed).toBe(1);
    await expect.poll(() => Date.now() > countedAt + countsForMs, { timeout: 45_000 }).toBe(true);
    expect((await ask(third, 'run', 9)).passed).toBe(9);
  });

  test('keep the part that reads have of a common budget', async () => {
    const [one, other] = [limiter(), limiter()];
    expect((await ask(one, 'cancel', 20)).passed).toBe(7);
    expect((await ask(other, 'status', 20)).passed).toBe(3);
  });

  test('stand still for all processes when the provider told one when to come back', async () => {
    const [one, other] = [limiter(), limiter()];
    await ask(other, 'run', 1);
    one.refused('run', Date.now(), 30_000);
    await expect.poll(async () => (await ask(other, 'run', 1)).held[0]?.retryAfterMs ?? 0).toBeGreaterThan(25_000);
  });

  test('fall back to the share of the process while the server is away, with one warning, and are found again', async () => {
    const one = limiter({ share: 0.3, submitWindowMs: 10_000, answerWithinMs: 2_000 });
    expect((await ask(one, 'run', 1)).passed).toBe(1);
    const port = Number(new URL(redis.url).port);
    await redis.stop();
    expect((await ask(one, 'run', 9)).passed).toBe(2);
    expect(lines).toEqual([
      expect.stringMatching(/^warn: the limits store does not answer \(.*\): this worker keeps to its share/),
    ]);
    expect(lines.join()).not.toContain('127.0.0.1');
    redis = await startRedis(port);
    await expect.poll(() => ask(one, 'run', 1).then(() => lines.length), { timeout: 45_000, interval: 200 }).toBe(2);
    expect(lines[1]).toContain('answers again');
  });

  test('stop nobody where the server was never there', async () => {
    await redis.stop();
    expect((await ask(limiter({ answerWithinMs: 250 }), 'run', 10)).passed).toBe(10);
  });
});
