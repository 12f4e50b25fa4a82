import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { HeldBack } from '../../../job-api/errors.js';
import { EndpointLimiter } from '../../../job-api/limits/endpoint-limiter.js';
import { DOCUMENTED_LIMITS, type RateLimits } from '../../../job-api/limits/limits.js';
import { SteppedClock } from '../../fixtures/stepped-clock.js';

const small: RateLimits = {
  scope: 'endpoint',
  budgets: {
    submit: { operations: ['run'], windows: [{ requests: 10, windowMs: 10_000 }], atOnce: 4, perWorker: 5 },
    read: { operations: ['status'], windows: [{ requests: 20, windowMs: 10_000 }] },
  },
};

const unit = fc.double({ min: 0, max: 1, noNaN: true });

function limiterWith(options: { limits?: RateLimits; share?: number } = {}) {
  const clock = new SteppedClock();
  return { clock, limiter: new EndpointLimiter({ name: 'runpod/abc', limits: small, clock, ...options }) };
}

/** A request whose answer takes `ms`. */
async function ask({ clock, limiter }: ReturnType<typeof limiterWith>, operation: 'run' | 'status', ms = 0) {
  const permit = await limiter.acquire(operation);
  if (ms > 0) await clock.sleep(ms);
  permit.release();
}

/** Of the times at which requests were counted. */
function expectFiftyASecond(counted: readonly number[]): void {
  const sorted = counted.toSorted((a, b) => a - b);
  sorted.forEach((at, n) => {
    const fiftyLater = sorted[n + 50];
    if (fiftyLater !== undefined) expect(fiftyLater - at).toBeGreaterThanOrEqual(1_000);
  });
}

describe('a limiter', () => {
  test('lets a whole window through at once, and holds back what would have to wait for the next', async () => {
    const world = limiterWith();
    const asked = Promise.allSettled(Array.from({ length: 11 }, () => ask(world, 'run')));
    await world.clock.pass(100);
    const results = await asked;
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(10);
    const held = results.find((result) => result.status === 'rejected')?.reason as HeldBack;
    expect(held).toBeInstanceOf(HeldBack);
    expect(held.code).toBe('RateLimited');
    expect(held.retryable).toBe(true);
    expect(held.retryAfterMs).toBeGreaterThan(9_000);
    expect(held.retryAfterMs).toBeLessThan(11_000);
    expect(held.message).toContain('runpod/abc (submit)');
  });

  test('gives each that it sends away an appointment a little later', async () => {
    const world = limiterWith();
    for (let n = 0; n < 10; n++) await ask(world, 'run');
    const appointments = await Promise.all(
      Array.from({ length: 3 }, () =>
        world.limiter.acquire('run').then(
          () => 0,
          (error: HeldBack) => error.retryAfterMs ?? 0,
        ),
      ),
    );
    const [first = 0, second, third] = appointments;
    expect([second, third]).toEqual([first + 1_000, first + 2_000]);
  });

  test('has room again once a window has passed since the answers', async () => {
    const world = limiterWith();
    for (let n = 0; n < 10; n++) await ask(world, 'run');
    await world.clock.pass(10_300);
    await expect(ask(world, 'run')).resolves.toBeUndefined();
  });

  test('lets a request wait that has to for less than a second', async () => {
    const world = limiterWith();
    for (let n = 0; n < 10; n++) await ask(world, 'run');
    await world.clock.pass(9_500);
    let admitted = false;
    const asked = ask(world, 'run').then(() => {
      admitted = true;
    });
    await world.clock.pass(300);
    expect(admitted).toBe(false);
    await world.clock.pass(700);
    await asked;
    expect(admitted).toBe(true);
  });

  test('has no more at the provider than it takes at once', async () => {
    const world = limiterWith();
    let atOnce = 0;
    let most = 0;
    const all = Array.from({ length: 9 }, async () => {
      const permit = await world.limiter.acquire('run');
      most = Math.max(most, ++atOnce);
      await world.clock.sleep(100);
      atOnce -= 1;
      permit.release();
    });
    await world.clock.pass(1_000);
    await Promise.all(all);
    expect(most).toBe(4);
  });

  test('frees a place once, however often it is given back', async () => {
    const { limiter } = limiterWith();
    const permits = await Promise.all(Array.from({ length: 4 }, () => limiter.acquire('run')));
    permits[0]?.release();
    permits[0]?.release();
    await limiter.acquire('run');
    const abort = new AbortController();
    const fifth = limiter.acquire('run', { signal: abort.signal });
    abort.abort(new Error('no longer wanted'));
    await expect(fifth).rejects.toThrow('no longer wanted');
  });

  test('keeps the place of a request that was given up, until the provider has counted it and knows', async () => {
    const { clock, limiter } = limiterWith();
    const permits = await Promise.all(Array.from({ length: 4 }, () => limiter.acquire('run')));
    await clock.pass(100);
    for (const permit of permits) {
      permit.abandon();
      permit.release();
    }
    let admitted = false;
    const next = limiter.acquire('run', { maxWaitMs: 60_000 }).then((permit) => {
      admitted = true;
      permit.release();
    });
    await clock.pass(1_800);
    expect(admitted).toBe(false);
    await clock.pass(200);
    await next;

    // Of what was under way for longer, it has to notice that nobody waits.
    const slow = await Promise.all(Array.from({ length: 4 }, () => limiter.acquire('run')));
    await clock.pass(5_000);
    for (const permit of slow) permit.abandon();
    const refused = expect(limiter.acquire('run', { maxWaitMs: 900 })).rejects.toBeInstanceOf(HeldBack);
    await clock.pass(999);
    await refused;
    await clock.pass(1);
    (await limiter.acquire('run', { maxWaitMs: 0 })).release();
  });

  test('uses its share of what several processes use', async () => {
    const world = limiterWith({ share: 0.5 });
    const results = Promise.allSettled(Array.from({ length: 9 }, () => ask(world, 'run')));
    await world.clock.pass(1_500);
    expect((await results).filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
  });

  test('allows more where more workers run', async () => {
    const world = limiterWith();
    world.limiter.observeWorkers(3);
    const results = Promise.allSettled(Array.from({ length: 20 }, () => ask(world, 'run')));
    await world.clock.pass(1_500);
    expect((await results).filter(({ status }) => status === 'fulfilled')).toHaveLength(15);
  });

  test('uses half of a limit after a refusal, and nothing of it for a second', async () => {
    const world = limiterWith();
    world.limiter.refused('run', world.clock.now());
    await expect(world.limiter.acquire('run', { maxWaitMs: 500 })).rejects.toMatchObject({ retryAfterMs: 1_000 });
    await world.clock.pass(1_000);
    const results = Promise.allSettled(Array.from({ length: 10 }, () => ask(world, 'run')));
    await world.clock.pass(1_500);
    expect((await results).filter(({ status }) => status === 'fulfilled')).toHaveLength(5);
    await expect(ask(world, 'status')).resolves.toBeUndefined();
  });

  test('asks nothing of an endpoint that says when to come back, whatever the operation', async () => {
    const { clock, limiter } = limiterWith();
    limiter.refused('run', clock.now(), 30_000);
    for (const operation of ['run', 'status', 'health'] as const) {
      const held = await limiter.acquire(operation).catch((error: unknown) => error);
      expect(held).toBeInstanceOf(HeldBack);
      expect((held as HeldBack).retryAfterMs).toBeGreaterThanOrEqual(30_000);
    }
    await clock.pass(30_001);
    await expect(limiter.acquire('status')).resolves.toBeDefined();
  });

  test('says what scheduled reads may use', () => {
    expect(limiterWith({ limits: DOCUMENTED_LIMITS.runpod }).limiter.readAllowance()).toEqual({
      perSecond: 160,
      longPolls: 280,
    });
    const gateway = limiterWith({ limits: DOCUMENTED_LIMITS.gateway }).limiter.readAllowance();
    expect(gateway.perSecond).toBeCloseTo(0.926, 3);
  });
});

describe('a provider that counts exactly', () => {
  const limits: RateLimits = {
    scope: 'endpoint',
    budgets: { submit: { operations: ['run'], windows: [{ requests: 50, windowMs: 1_000 }], atOnce: 20 } },
  };

  test('refuses nothing, however long requests are on their way, and is used almost in full', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 400 }),
        fc.integer({ min: 0, max: 400 }),
        fc.infiniteStream(unit),
        async (out, back, random) => {
          const world = limiterWith({ limits });
          const next = () => random.next().value ?? 0;
          const counted: number[] = [];
          let atOnce = 0;
          let most = 0;
          const caller = async () => {
            for (;;) {
              const permit = await world.limiter.acquire('run').catch((error: HeldBack) => error);
              if (permit instanceof HeldBack) {
                await world.clock.sleep(permit.retryAfterMs ?? 0);
                continue;
              }
              most = Math.max(most, ++atOnce);
              await world.clock.sleep(1 + next() * out);
              counted.push(world.clock.now());
              await world.clock.sleep(1 + next() * back);
              atOnce -= 1;
              permit.release();
            }
          };
          for (let n = 0; n < 40; n++) void caller();
          await world.clock.pass(8_000);
          expectFiftyASecond(counted);
          expect(most).toBeLessThanOrEqual(20);
          // What waits for its answer counts meanwhile: the longer an answer takes, the less of the limit can be used.
          expect(counted.length).toBeGreaterThan((0.8 * 50 * 8_000) / (1_000 + out + back + 20));
        },
      ),
      { numRuns: 25 },
    );
  });

  test('refuses nothing where callers give up, whose requests it counts late and notices late', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 1_900 }), fc.infiniteStream(unit), async (late, random) => {
        const world = limiterWith({ limits });
        const next = () => random.next().value ?? 0;
        const counted: number[] = [];
        let atOnce = 0;
        let most = 0;
        const provider = async (arrivesIn: number, endsIn: number) => {
          await world.clock.sleep(arrivesIn);
          counted.push(world.clock.now());
          most = Math.max(most, ++atOnce);
          await world.clock.sleep(endsIn - arrivesIn);
          atOnce -= 1;
        };
        const caller = async () => {
          for (;;) {
            const permit = await world.limiter.acquire('run').catch((error: HeldBack) => error);
            if (permit instanceof HeldBack) {
              await world.clock.sleep(permit.retryAfterMs ?? 0);
              continue;
            }
            const isGivenUp = next() < 0.3;
            const givenUpIn = next() * 3_000;
            const arrivesIn = next() * (isGivenUp ? late : 50);
            // The end of a request that was given up is seen up to 900 ms later.
            const endsIn = isGivenUp ? Math.max(arrivesIn, givenUpIn + next() * 900) : arrivesIn + next() * 100;
            void provider(arrivesIn, endsIn);
            await world.clock.sleep(isGivenUp ? givenUpIn : endsIn + 1);
            if (isGivenUp) permit.abandon();
            else permit.release();
          }
        };
        for (let n = 0; n < 40; n++) void caller();
        await world.clock.pass(8_000);
        expectFiftyASecond(counted);
        expect(most).toBeLessThanOrEqual(20);
        expect(counted.length).toBeGreaterThan(20);
      }),
      { numRuns: 25 },
    );
  });
});
