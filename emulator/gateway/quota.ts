import type { Clock } from '../clock.js';

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Of one key, over all operations. */
export const KEY_QUOTA = { minute: 300, daily: 20_000 } as const;
/** Of one address, over all keys. */
export const ADDRESS_LIMIT_PER_MINUTE = 500;

export type QuotaVerdict =
  | { readonly allowed: true; readonly limit: number; readonly remaining: number; readonly resetAt: number }
  | { readonly allowed: false; readonly exceeded: 'minute' | 'daily'; readonly retryAfterSeconds: number };

/** What the gateway lets one key and one address ask, in minutes and days of the clock on the wall. */
export class GatewayQuota {
  readonly #clock: Clock;
  readonly #minutesOfKeys = new Bucket(MINUTE_MS);
  readonly #daysOfKeys = new Bucket(DAY_MS);
  readonly #minutesOfAddresses = new Bucket(MINUTE_MS);

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Counts a request of this address; false where it is one too many. */
  admitAddress(address: string): boolean {
    return this.#minutesOfAddresses.take(address, ADDRESS_LIMIT_PER_MINUTE, this.#clock.now());
  }

  /** Counts a request of this key, unless it is one too many. */
  admitKey(key: string): QuotaVerdict {
    const now = this.#clock.now();
    if (this.#daysOfKeys.count(key, now) >= KEY_QUOTA.daily) {
      return { allowed: false, exceeded: 'daily', retryAfterSeconds: Math.ceil((DAY_MS - (now % DAY_MS)) / 1000) };
    }
    if (!this.#minutesOfKeys.take(key, KEY_QUOTA.minute, now)) {
      // The gateway says 60, however much of the minute is left.
      return { allowed: false, exceeded: 'minute', retryAfterSeconds: 60 };
    }
    this.#daysOfKeys.take(key, KEY_QUOTA.daily, now);
    return {
      allowed: true,
      limit: KEY_QUOTA.minute,
      remaining: KEY_QUOTA.minute - this.#minutesOfKeys.count(key, now),
      resetAt: now - (now % MINUTE_MS) + MINUTE_MS,
    };
  }
}

/** Counts in fixed windows, which begin with the epoch. */
class Bucket {
  readonly #windowMs: number;
  readonly #counts = new Map<string, number>();
  #window = 0;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  count(key: string, now: number): number {
    const window = Math.floor(now / this.#windowMs);
    if (window !== this.#window) {
      this.#window = window;
      this.#counts.clear();
    }
    return this.#counts.get(key) ?? 0;
  }

  take(key: string, limit: number, now: number): boolean {
    const count = this.count(key, now);
    if (count >= limit) return false;
    this.#counts.set(key, count + 1);
    return true;
  }
}
