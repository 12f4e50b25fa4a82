import type { Clock } from './clock.js';
import type { Operation } from './operation.js';
import { SlidingWindow } from './sliding-window.js';

const WINDOW_MS = 10_000;

interface RequestLimit {
  /** They draw on it together. */
  readonly operations: readonly Operation[];
  /** In any 10 s. */
  readonly requests: number;
  readonly atOnce?: number;
}

/**
 * What one key may ask of one endpoint; `retry` and `health` are not stated. Source: the rate limits in
 * docs.runpod.io/serverless/endpoints/send-requests, and the same numbers in SubModel's job operations.
 */
export const REQUEST_LIMITS: readonly RequestLimit[] = [
  { operations: ['run'], requests: 1_000, atOnce: 200 },
  { operations: ['runsync'], requests: 2_000, atOnce: 400 },
  { operations: ['status', 'status-sync', 'stream'], requests: 2_000, atOnce: 400 },
  { operations: ['cancel'], requests: 100, atOnce: 20 },
  { operations: ['purge-queue'], requests: 2 },
];

export interface LimitedRequest {
  readonly key: string;
  readonly endpointId: string;
  readonly operation: Operation;
}

/** Let in until `leave` is called, or refused, with the limit that is reached. */
export type Admission =
  | { readonly admitted: true; leave(): void }
  | { readonly admitted: false; readonly limit: string };

export interface RequestLimiterOptions {
  readonly clock: Clock;
  /** How many requests in 10 s each running worker stands for, where that makes more than the base limit. */
  readonly requestsPerWorker: number;
  runningWorkers(endpointId: string): number;
}

interface Meter {
  readonly window: SlidingWindow;
  inFlight: number;
}

/** Admits requests within the documented limits. */
export class RequestLimiter {
  readonly #options: RequestLimiterOptions;
  readonly #meters = new Map<string, Meter>();

  constructor(options: RequestLimiterOptions) {
    this.#options = options;
  }

  admit({ key, endpointId, operation }: LimitedRequest): Admission {
    const limit = REQUEST_LIMITS.find(({ operations }) => operations.includes(operation));
    if (!limit) return { admitted: true, leave: () => undefined };
    const meter = this.#meter(JSON.stringify([key, endpointId, limit.operations[0]]));
    const names = limit.operations.join(', ');
    if (limit.atOnce !== undefined && meter.inFlight >= limit.atOnce) {
      return { admitted: false, limit: `${names}: ${limit.atOnce} at once` };
    }
    const requests = this.#effective(limit.requests, endpointId);
    if (!meter.window.take(this.#options.clock.now(), requests)) {
      return { admitted: false, limit: `${names}: ${requests} in ${WINDOW_MS / 1000} s` };
    }
    meter.inFlight += 1;
    return {
      admitted: true,
      leave: () => {
        meter.inFlight -= 1;
      },
    };
  }

  #effective(base: number, endpointId: string): number {
    const { requestsPerWorker, runningWorkers } = this.#options;
    return requestsPerWorker > 0 ? Math.max(base, runningWorkers(endpointId) * requestsPerWorker) : base;
  }

  #meter(id: string): Meter {
    const known = this.#meters.get(id);
    if (known) return known;
    const meter: Meter = { window: new SlidingWindow(WINDOW_MS), inFlight: 0 };
    this.#meters.set(id, meter);
    return meter;
  }
}
