/** RunPod's bounds for `policy.ttl` (docs, send-requests). */
const TTL_MIN_MS = 10_000;
const TTL_MAX_MS = 7 * 24 * 3_600_000;
/** A result is kept for 30 minutes; the ttl must not cut that short, since it deletes the job whatever its state. */
const RETENTION_MS = 30 * 60_000;

/** The whole life of a job: its limits and the time its result stays. Ends the bill if everything of ours is gone. */
export function ttlFor(queueMs: number, runMs: number): number {
  return Math.min(TTL_MAX_MS, Math.max(TTL_MIN_MS, queueMs + runMs + RETENTION_MS));
}
