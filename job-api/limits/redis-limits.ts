/** Limits that several processes share, counted in Redis. Loaded only where a configuration names a server. */
import { createClient, defineScript } from '@redis/client';
import { TAKE_SCRIPT } from './redis-take-script.js';
import type { SharedLimits, SharedRequest } from './shared-limits.js';

/** A store that takes longer is worse than none: requests wait for it. */
const ANSWER_WITHIN_MS = 250;
/** How long a store that did not answer is left alone. */
const LEFT_ALONE_MS = 5_000;
/** Slots of a window; what is counted is forgotten at most one of them late. */
const SLOTS = 50;
/** Requests are counted here when they leave, and by the provider when they arrive. */
const ON_THE_WAY_MS = 500;

export interface RedisLimitsOptions {
  /** `redis://` or `rediss://`, with user and password where there are any. */
  readonly url: string;
  /** A line where the store is lost, and where it is back. */
  readonly log: (line: string) => void;
  /** How long a request waits for the store, ms; 250 where absent. */
  readonly answerWithinMs?: number;
}

/**
 * Counts in one script a request, so that processes on different machines never count past each other, by the clock of the
 * server, so that theirs need not agree. A store that is away is left alone for a while and found again by itself.
 */
export function createRedisLimits({ url, log, answerWithinMs = ANSWER_WITHIN_MS }: RedisLimitsOptions): SharedLimits {
  const client = createClient({
    url,
    disableOfflineQueue: true,
    commandOptions: { timeout: answerWithinMs },
    socket: { connectTimeout: 2_000, reconnectStrategy: (retries) => Math.min(100 * 2 ** retries, LEFT_ALONE_MS) },
    scripts: { take },
  });
  // Each lost connection is one; what matters of it is said below.
  client.on('error', () => undefined);
  const connected = client.connect().then(
    () => undefined,
    () => undefined,
  );
  let leftAloneUntil = 0;
  let away = false;
  let closed = false;

  async function ask<T>(command: () => Promise<T>): Promise<T | undefined> {
    if (Date.now() < leftAloneUntil) return undefined;
    try {
      if (!client.isReady) await within(answerWithinMs, connected);
      const answer = await command();
      if (away) log('info: the limits store answers again: workers use the limits together');
      away = false;
      return answer;
    } catch (error) {
      if (closed) return undefined;
      leftAloneUntil = Date.now() + LEFT_ALONE_MS;
      // Never the URL: it may hold a password.
      const why = error instanceof Error ? error.message : String(error);
      if (!away) log(`warn: the limits store does not answer (${why}): this worker keeps to its share of the limits`);
      away = true;
      return undefined;
    }
  }

  return {
    take: (request) => ask(() => client.take(request)),
    async hold(budget, forMs) {
      await ask(() => client.set(keysOf(budget).hold, '1', { expiration: { type: 'PX', value: Math.ceil(forMs) } }));
    },
    async close() {
      closed = true;
      client.destroy();
    },
  };
}

const take = defineScript({
  SCRIPT: TAKE_SCRIPT,
  NUMBER_OF_KEYS: 2,
  parseCommand(parser, { budget, purpose, windows, reserved = {} }: SharedRequest) {
    const keys = keysOf(budget);
    parser.pushKey(keys.counts);
    parser.pushKey(keys.hold);
    const counted = windows.map(({ requests, windowMs, byClock }) =>
      byClock
        ? { requests, slotMs: windowMs, keptMs: 0 }
        : { requests, slotMs: Math.ceil(windowMs / SLOTS), keptMs: windowMs + ON_THE_WAY_MS },
    );
    parser.push(purpose, JSON.stringify(reserved), JSON.stringify(counted));
  },
  transformReply: (waitMs: number) => waitMs,
});

/** The braces keep both on one node of a cluster. */
function keysOf(budget: string): { readonly counts: string; readonly hold: string } {
  return { counts: `jobrelay:limits:{${budget}}:counts`, hold: `jobrelay:limits:{${budget}}:hold` };
}

async function within(ms: number, done: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, ms);
  });
  await Promise.race([done, late]);
  clearTimeout(timer);
}
