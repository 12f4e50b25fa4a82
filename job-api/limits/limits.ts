/** What providers let an account ask of an endpoint: how often, and how much at once. Data, by dialect. */
import { OPERATIONS, type Operation } from '../http/call.js';

/** Beside our own operations those that providers limit too, and that we have no request for. */
export type LimitedOperation = Operation | 'requests' | 'openai';

/** What a request is for. Where all draw on one budget, each kind has a part that the others leave to it. */
export type Purpose = 'submit' | 'read' | 'settle' | 'other';

export const PURPOSES: readonly Purpose[] = ['submit', 'read', 'settle', 'other'];

/** So many requests in any stretch of `windowMs`. */
export interface RateWindow {
  readonly requests: number;
  readonly windowMs: number;
  /** The provider counts by the clock (UTC), and begins at 0 when a window begins. Absent: any stretch counts. */
  readonly byClock?: true;
}

/** A limit, and the operations that draw on it together. */
export interface RateBudget {
  readonly operations: readonly LimitedOperation[];
  /** All of them hold. */
  readonly windows: readonly RateWindow[];
  readonly atOnce?: number;
  /** Requests in the first window for each running worker, where that is more: RunPod grows its limits so. */
  readonly perWorker?: number;
  /** Parts of the budget, 0 to 1, that only requests for this purpose may use. */
  readonly reserved?: Readonly<Partial<Record<Purpose, number>>>;
}

export interface RateLimits {
  /** Whether each endpoint has these budgets, or all endpoints of the account share them. */
  readonly scope: 'endpoint' | 'account';
  readonly budgets: Readonly<Record<string, RateBudget>>;
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/**
 * RunPod's limits of one endpoint that estimates are made with. Reads are `status`, `status-sync` and `stream` together.
 * Source: docs.runpod.io/serverless/endpoints/send-requests
 */
export const RUNPOD_LIMITS = {
  windowMs: 10_000,
  submit: { requests: 1_000, atOnce: 200 },
  read: { requests: 2_000, atOnce: 400 },
} as const;

function runpodBudget(
  operations: readonly LimitedOperation[],
  { requests, atOnce }: { readonly requests: number; readonly atOnce?: number },
): RateBudget {
  const windows = [{ requests, windowMs: RUNPOD_LIMITS.windowMs }];
  return { operations, windows, ...(atOnce !== undefined && { atOnce }) };
}

/**
 * From the same page. `retry` and `health` are not stated there, and have no budget.
 * The documents also say that a limit grows with the running workers, and not by how much for each: `perWorker` is
 * for a configuration to give.
 */
const RUNPOD: RateLimits = {
  scope: 'endpoint',
  budgets: {
    submit: runpodBudget(['run'], RUNPOD_LIMITS.submit),
    sync: runpodBudget(['runSync'], { requests: 2_000, atOnce: 400 }),
    read: runpodBudget(['status', 'statusSync', 'stream'], RUNPOD_LIMITS.read),
    cancel: runpodBudget(['cancel'], { requests: 100, atOnce: 20 }),
    purge: runpodBudget(['purgeQueue'], { requests: 2 }),
    requests: runpodBudget(['requests'], { requests: 10, atOnce: 2 }),
    openai: runpodBudget(['openai'], { requests: 2_000, atOnce: 400 }),
  },
};

/**
 * The gateway counts everything that a key asks, whichever the endpoint. Source: its key quota, 300 a minute and 20,000 a
 * day. Counted over any minute, since our clock need not be the gateway's; over a day that does not matter.
 */
const GATEWAY: RateLimits = {
  scope: 'account',
  budgets: {
    all: {
      operations: [...OPERATIONS, 'requests', 'openai'],
      windows: [
        { requests: 300, windowMs: MINUTE },
        { requests: 20_000, windowMs: DAY, byClock: true },
      ],
      reserved: { submit: 0.2, read: 0.3, settle: 0.2 },
    },
  },
};

/** The documented limits. SubModel states RunPod's numbers. */
export const DOCUMENTED_LIMITS = { runpod: RUNPOD, submodel: RUNPOD, gateway: GATEWAY } as const satisfies Readonly<
  Record<string, RateLimits>
>;

/** What a request is for. */
export function purposeOf(operation: LimitedOperation): Purpose {
  switch (operation) {
    case 'run':
    case 'runSync':
    case 'retry':
    case 'openai':
      return 'submit';
    case 'status':
    case 'statusSync':
    case 'stream':
      return 'read';
    case 'cancel':
      return 'settle';
    default:
      return 'other';
  }
}
