import type { SubmitRequest } from '../job.js';
import type { JsonValue } from '../json.js';
import { present } from '../present.js';

const SECOND_MS = 1_000;
const WEEK_MS = 7 * 24 * 60 * 60 * SECOND_MS;

const MIB = 1024 * 1024;
/** "10 MB" and "20 MB" in the documents of all three; RunPod's own error text says 10 MiB. */
export const MAX_BODY_BYTES = { run: 10 * MIB, runSync: 20 * MIB } as const;

/**
 * For how long a result is kept after the job's end, by the documents of RunPod and SubModel; a gateway hands on what RunPod
 * says. A result of `runSync` may stay for up to 5 minutes where its wait was long, which nothing can rely on.
 */
export const RETENTION_MS = { run: 30 * 60 * SECOND_MS, runSync: 60 * SECOND_MS } as const;

/**
 * The body of a submit in RunPod's words, which SubModel shares and a gateway hands on. `model` is left out: an endpoint
 * of RunPod is one model, and other top-level keys are dropped.
 */
export function submitFields({
  input,
  policy,
  webhook,
  s3Config,
}: SubmitRequest): Record<string, JsonValue | undefined> {
  return { input, policy: policy && wirePolicy(policy), webhook, s3Config };
}

/** Values out of bounds are refused by the provider; the nearest one that it takes does what was meant. */
function wirePolicy({ executionTimeoutMs, ttlMs, lowPriority }: NonNullable<SubmitRequest['policy']>) {
  return present({
    executionTimeout: executionTimeoutMs === undefined ? undefined : clamp(executionTimeoutMs, 5 * SECOND_MS, WEEK_MS),
    ttl: ttlMs === undefined ? undefined : clamp(ttlMs, 10 * SECOND_MS, WEEK_MS),
    lowPriority,
  }) as Record<string, JsonValue>;
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, Math.round(value)));
}
