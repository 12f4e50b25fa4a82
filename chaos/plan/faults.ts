import type { Fault } from '../../emulator/index.js';

/** Every kind of fault that the emulator has, on every endpoint, each now and then. */
export const FAULTS: readonly Fault[] = [
  { kind: 'delay', probability: 0.03, delayMs: 400 },
  { kind: 'delay-answer', probability: 0.02, delayMs: 700 },
  // Longer than anyone waits: the job is accepted, and the answer to the submit does not come in time.
  { kind: 'delay-answer', operation: 'run', probability: 0.004, delayMs: 40_000 },
  { kind: 'webhook-late', probability: 0.05, delayMs: 3_000 },
  { kind: 'webhook-twice', probability: 0.05 },
  { kind: 'webhook-never', probability: 0.04 },
  { kind: 'lose-worker', operation: 'run', probability: 0.015, afterMs: 200 },
  { kind: 'lose-worker', operation: 'run', probability: 0.004, afterMs: 100, losses: 2 },
  { kind: 'lose-output', operation: 'run', probability: 0.004 },
  { kind: 'late-progress', probability: 0.05, progress: { step: 'nearly' } },
  { kind: 'drop-job', operation: 'run', probability: 0.006 },
  { kind: 'reset', probability: 0.01, unread: true },
  { kind: 'reset', probability: 0.01 },
  { kind: 'status', probability: 0.02, httpStatus: 503 },
  { kind: 'status', probability: 0.01, httpStatus: 502, html: true },
  { kind: 'status', probability: 0.01, httpStatus: 500 },
  { kind: 'status', probability: 0.005, httpStatus: 429, retryAfterSeconds: 1 },
  { kind: 'lose-answer', probability: 0.015 },
  { kind: 'truncate-answer', probability: 0.005 },
  { kind: 'truncate-answer', probability: 0.005, keep: 0.9, hangUp: true },
  { kind: 'malform-answer', probability: 0.005 },
];
