import { describe, expect, it } from 'vitest';
import { GatewayQuota } from '../../../emulator/gateway/quota.js';
import { TestClock } from '../../../emulator/index.js';

const MINUTE = 60_000;

function admitted(quota: GatewayQuota, key: string, most = 400): number {
  let count = 0;
  while (count < most && quota.admitKey(key).allowed) count += 1;
  return count;
}

describe("the gateway's quota", () => {
  it('is 300 in a minute of the clock for each key, and says how many are left', () => {
    const clock = new TestClock({ startAt: Date.UTC(2030, 0, 1, 12, 0, 59) });
    const quota = new GatewayQuota(clock);
    expect(quota.admitKey('a')).toEqual({
      allowed: true,
      limit: 300,
      remaining: 299,
      resetAt: Date.UTC(2030, 0, 1, 12, 1),
    });
    expect(admitted(quota, 'a')).toBe(299);
    expect(quota.admitKey('a')).toEqual({ allowed: false, exceeded: 'minute', retryAfterSeconds: 60 });
    expect(quota.admitKey('b').allowed).toBe(true);
    clock.advance(1_000);
    expect(quota.admitKey('a').allowed).toBe(true);
  });

  it('is 20,000 in a day (UTC), and says how long the day lasts', () => {
    const clock = new TestClock({ startAt: Date.UTC(2030, 0, 1, 20) });
    const quota = new GatewayQuota(clock);
    let total = 0;
    for (let minute = 0; minute < 70; minute += 1) {
      total += admitted(quota, 'a');
      clock.advance(MINUTE);
    }
    expect(total).toBe(20_000);
    expect(quota.admitKey('a')).toEqual({
      allowed: false,
      exceeded: 'daily',
      retryAfterSeconds: 4 * 3_600 - 70 * 60,
    });
    clock.advance(4 * 60 * MINUTE - 70 * MINUTE);
    expect(quota.admitKey('a').allowed).toBe(true);
  });

  it('has a limit for an address too, 500 in a minute', () => {
    const clock = new TestClock();
    const quota = new GatewayQuota(clock);
    const verdicts = Array.from({ length: 501 }, () => quota.admitAddress('127.0.0.1'));
    expect(verdicts.indexOf(false)).toBe(500);
    expect(quota.admitAddress('127.0.0.2')).toBe(true);
    clock.advance(MINUTE);
    expect(quota.admitAddress('127.0.0.1')).toBe(true);
  });
});
