import type { Job } from '../job.js';
import type { JobEngine } from '../job-engine.js';
import type { Operation } from '../operation.js';
import { runpodJob } from '../runpod-job.js';
import { Refusal } from './refusal.js';
import { type PolicyBounds, readSubmit } from './submit-request.js';

const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 300_000;
const SYNC_WAIT_MS = 90_000;
const STREAM_WAIT_MS = 10_000;

export interface OperationSettings {
  readonly engine: JobEngine;
  readonly retentionMs: number;
  readonly syncRetentionMs: number;
  readonly policyBounds: PolicyBounds;
}

/** What one request asks of the engine. */
export interface Call {
  readonly operation: Operation;
  readonly endpointId: string;
  /** Empty where the operation names none. */
  readonly jobId: string;
  readonly query: { readonly wait?: unknown; readonly ttl?: unknown };
  readonly body: unknown;
  /** Aborts when the client has left. */
  disconnected(): AbortSignal;
  /** Told of the job that a submit makes, before anything happens to it. */
  onSubmitted(job: Job): void;
}

/** An answer in RunPod's words, which the other dialects put into theirs. */
export interface Answer {
  readonly body: Readonly<Record<string, unknown>>;
  /** The job that the call made. */
  readonly job?: Job;
  /** How many chunks of the job were read before those of this answer. */
  readonly streamOffset?: number;
}

/** Carries a call out; whatever dialect it came in. Throws a {@link Refusal}. */
export function carryOut(call: Call, settings: OperationSettings): Answer | Promise<Answer> {
  return CARRY_OUT[call.operation](call, settings);
}

type CarryOut = (call: Call, settings: OperationSettings) => Answer | Promise<Answer>;

const CARRY_OUT: Readonly<Record<Operation, CarryOut>> = {
  run(call, settings) {
    const job = submit(call, settings, { idPrefix: '', retentionMs: settings.retentionMs });
    return { job, body: { id: job.id, status: job.status } };
  },

  async runsync(call, settings) {
    const job = submit(call, settings, { idPrefix: 'sync-', retentionMs: settings.syncRetentionMs });
    await job.until(() => !job.isLive, waitOf(call, SYNC_WAIT_MS), call.disconnected());
    return { job, body: job.isLive ? { id: job.id, status: job.status } : runpodJob(known(job)) };
  },

  status(call, { engine }) {
    const job = find(call, engine);
    const body = runpodJob(job);
    // A side effect of this read on RunPod, and a trap for pollers.
    const ttlMs = call.query.ttl === undefined ? Number.NaN : Number(call.query.ttl);
    if (ttlMs >= 0) engine.shortenRetention(job, ttlMs);
    return { body };
  },

  async 'status-sync'(call, { engine }) {
    const job = find(call, engine);
    await job.until(() => !job.isLive, waitOf(call, SYNC_WAIT_MS), call.disconnected());
    return { body: runpodJob(known(job)) };
  },

  async stream(call, { engine }) {
    const job = find(call, engine);
    const signal = call.disconnected();
    await job.until(() => job.hasChunks || !job.isLive, waitOf(call, STREAM_WAIT_MS), signal);
    const { status, chunksRead: streamOffset } = known(job);
    // Who left before anything was there takes nothing with them; an answer lost later loses its chunks.
    const chunks = signal.aborted ? [] : job.drainChunks();
    return { body: { status, stream: chunks.map((output) => ({ output })) }, streamOffset };
  },

  cancel(call, { engine }) {
    const job = find(call, engine);
    engine.cancel(job);
    return { body: { id: job.id, status: job.status } };
  },

  retry(call, { engine }) {
    const job = find(call, engine);
    const { id, status } = job;
    if (!engine.retry(job)) {
      throw new Refusal(400, { error: `job ${id} is ${status}: only FAILED and TIMED_OUT jobs can be retried` });
    }
    return { body: { id, status: job.status } };
  },

  'purge-queue': ({ endpointId }, { engine }) => ({
    body: { removed: engine.purgeQueue(endpointId), status: 'completed' },
  }),

  health: ({ endpointId }, { engine }) => ({ body: { ...engine.health(endpointId) } }),
};

function submit(
  { endpointId, body, onSubmitted }: Call,
  { engine, policyBounds }: OperationSettings,
  { idPrefix, retentionMs }: { idPrefix: '' | 'sync-'; retentionMs: number },
): Job {
  const job = engine.submit(endpointId, { ...readSubmit(body, { retentionMs, policyBounds }), idPrefix });
  onSubmitted(job);
  return job;
}

function find({ endpointId, jobId }: Call, engine: JobEngine): Job {
  return known(engine.find(endpointId, jobId));
}

function known(job: Job | undefined): Job {
  if (!job || job.deleted) throw new Refusal(404, { error: 'job not found' });
  return job;
}

function waitOf({ query: { wait } }: Call, defaultMs: number): number {
  const asked = Number(wait ?? defaultMs);
  return Number.isNaN(asked) ? defaultMs : Math.min(Math.max(asked, MIN_WAIT_MS), MAX_WAIT_MS);
}
