import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import type { JobRequest } from '../job.js';
import { Refusal } from './refusal.js';

/** RunPod's bounds. `upper`: its lower ones, 5 s and 10 s, are left out for tests that have no time for them. */
export type PolicyBounds = 'documented' | 'upper';

/** For both times. */
const MAX_POLICY_MS = 7 * 24 * 60 * 60 * 1000;
const MIN_EXECUTION_TIMEOUT_MS = 5_000;
const MIN_TTL_MS = 10_000;
/** RunPod's default. */
const DEFAULT_TTL_MS = 24 * 60 * 60 * 1000;

const policyMs = z.number().positive().max(MAX_POLICY_MS);

const SUBMIT_SCHEMAS = {
  documented: submitSchema(policyMs.min(MIN_EXECUTION_TIMEOUT_MS), policyMs.min(MIN_TTL_MS)),
  upper: submitSchema(policyMs, policyMs),
};

/** Other keys are dropped, as RunPod does. */
function submitSchema(executionTimeout: z.ZodNumber, ttl: z.ZodNumber) {
  return z.object({
    // Anything but nothing: it was parsed as JSON, and to walk 10 MiB once more would only cost time.
    input: z.custom<JsonValue>((input) => input !== undefined && input !== null, 'required'),
    webhook: z.string().optional(),
    s3Config: z.custom<JsonObject>((config) => typeof config === 'object' && config !== null).optional(),
    policy: z
      .object({
        executionTimeout: executionTimeout.optional(),
        ttl: ttl.optional(),
        lowPriority: z.boolean().optional(),
      })
      .optional(),
  });
}

/** Reads the body of `run` and `runsync`. Throws a {@link Refusal} (400) that names the field. */
export function readSubmit(
  body: unknown,
  { retentionMs, policyBounds }: { readonly retentionMs: number; readonly policyBounds: PolicyBounds },
): JobRequest {
  const parsed = SUBMIT_SCHEMAS[policyBounds].safeParse(body ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Refusal(400, `bad request: ${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'malformed'}`);
  }
  const { input, webhook, s3Config, policy } = parsed.data;
  return {
    input,
    ...(webhook !== undefined && { webhook }),
    ...(s3Config !== undefined && { s3Config }),
    ...(policy?.executionTimeout !== undefined && { executionTimeoutMs: policy.executionTimeout }),
    ttlMs: policy?.ttl ?? DEFAULT_TTL_MS,
    retentionMs,
  };
}
