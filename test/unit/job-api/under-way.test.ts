import { expect, test } from 'vitest';
import { type Timed, UnderWay } from '../../../job-api/http/under-way.js';

function timed(ms: number): Timed & { readonly expired: Promise<number> } {
  const { promise, resolve } = withResolvers<number>();
  return { deadlineMs: performance.now() + ms, expired: promise, expire: () => resolve(performance.now()) };
}

function withResolvers<T>() {
  let resolve: (value: T) => void = () => undefined;
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

test('ends each at its own deadline, in whatever order they came', async () => {
  const underWay = new UnderWay<Timed>();
  const all = [timed(40), timed(10), timed(25)];
  for (const one of all) underWay.add(one);
  const expiredAt = await Promise.all(all.map(({ expired }) => expired));
  for (const [at, { deadlineMs }] of all.entries()) expect(expiredAt[at]).toBeGreaterThanOrEqual(deadlineMs);
  expect(expiredAt[1]).toBeLessThanOrEqual(expiredAt[2] ?? 0);
  expect(expiredAt[2]).toBeLessThanOrEqual(expiredAt[0] ?? 0);
});

test('leaves alone what has ended before, and ends the next', async () => {
  const underWay = new UnderWay<Timed>();
  const done = { deadlineMs: performance.now() + 5, expire: () => expect.unreachable('it had ended') };
  const late = timed(20);
  underWay.add(done);
  underWay.add(late);
  underWay.delete(done);
  await late.expired;
});

test('is drained when the last has ended, be it by its deadline', async () => {
  const underWay = new UnderWay<Timed>();
  await underWay.drained();
  const first = timed(60_000);
  const second = timed(10);
  underWay.add(first);
  underWay.add(second);
  let isDrained = false;
  const drained = underWay.drained().then(() => {
    isDrained = true;
  });
  await second.expired;
  expect(isDrained).toBe(false);
  underWay.delete(first);
  await drained;
});

test('goes on after it was drained', async () => {
  const underWay = new UnderWay<Timed>();
  underWay.add(timed(10));
  await underWay.drained();
  const next = timed(10);
  underWay.add(next);
  await next.expired;
});
