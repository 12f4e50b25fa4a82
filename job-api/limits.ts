/**
 * What RunPod lets an account ask of one endpoint: requests in a window, and at once. Reads are `status`, `status-sync` and
 * `stream` together. An endpoint with many workers may be allowed more. Source:
 * docs.runpod.io/serverless/endpoints/operation-reference
 */
export const RUNPOD_LIMITS = {
  windowMs: 10_000,
  submit: { requests: 1_000, atOnce: 200 },
  read: { requests: 2_000, atOnce: 400 },
} as const;
