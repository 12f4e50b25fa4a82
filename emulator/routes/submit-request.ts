import { z } from 'zod';
import type { JsonValue } from '../../job-api/json.js';
import type { JobRequest } from '../job.js';
import { Refusal } from './refusal.js';

/** RunPod's bound for both times. Its lower bounds (5 s, 10 s) are left out: a test has no time for them. */
const MAX_POLICY_MS = 7 * 24 * 60 * 60 * 1000;
/** RunPod's default. */
const DEFAULT_TTL_MS = 24 * 60 * 60 * 1000;

const policyMs = z.number().positive().max(MAX_POLICY_MS).optional();

/** Other keys are dropped, as RunPod does; `s3Config` among them, for it goes to real workers only. */
const submitSchema = z.object({
  // Anything but nothing: it was parsed as JSON, and to walk 10 MiB once more would only cost time.
  input: z.custom<JsonValue>((input) => input !== undefined && input !== null, 'required'),
  webhook: z.string().optional(),
  policy: z.object({ executionTimeout: policyMs, ttl: policyMs, lowPriority: z.boolean().optional() }).optional(),
});

/** Reads the body of `run` and `runsync`. Throws a {@link Refusal} (400) that names the field. */
export function readSubmit(body: unknown, retentionMs: number): JobRequest {
  const parsed = submitSchema.safeParse(body ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new Refusal(400, `bad request: ${issue?.path.join('.') || 'body'}: ${issue?.message ?? 'malformed'}`);
  }
  const { input, webhook, policy } = parsed.data;
  return {
    input,
    ...(webhook !== undefined && { webhook }),
    ...(policy?.executionTimeout !== undefined && { executionTimeoutMs: policy.executionTimeout }),
    ttlMs: policy?.ttl ?? DEFAULT_TTL_MS,
    retentionMs,
  };
}
