import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Operation } from '../faults.js';
import type { Job } from '../job.js';
import type { JobEngine } from '../job-engine.js';
import { runpodJob } from '../runpod-job.js';
import { type Answer, answerUnderFaults, type FaultyAnswering } from './answer-under-faults.js';
import { Refusal } from './refusal.js';
import { readSubmit } from './submit-request.js';

const MIB = 1024 * 1024;
const MIN_WAIT_MS = 1_000;
const MAX_WAIT_MS = 300_000;
const SYNC_WAIT_MS = 90_000;
const STREAM_WAIT_MS = 10_000;

export interface RunpodRoutesOptions extends FaultyAnswering {
  readonly engine: JobEngine;
  /** Absent: any key is accepted, but one has to be there. */
  readonly apiKey: string | undefined;
  readonly retentionMs: number;
  readonly syncRetentionMs: number;
}

interface RunpodRoute {
  Params: { endpointId: string; jobId?: string };
  Querystring: { wait?: unknown; ttl?: unknown };
}

interface Call {
  readonly endpointId: string;
  readonly query: RunpodRoute['Querystring'];
  readonly body: unknown;
  /** Aborts when the client has left. */
  disconnected(): AbortSignal;
}

/** RunPod's operations, as a Fastify plugin below `/v2`. */
export async function runpodRoutes(app: FastifyInstance, options: RunpodRoutesOptions): Promise<void> {
  const { engine, apiKey, retentionMs, syncRetentionMs } = options;

  app.addHook('onRequest', async ({ headers: { authorization } }) => {
    // RunPod's documentation shows the bare key as well.
    const key = authorization?.replace(/^Bearer(\s+|$)/i, '').trim();
    if (!key || (apiKey !== undefined && key !== apiKey)) throw new Refusal(401, { error: 'unauthorized' });
  });

  const route = (
    operation: Operation,
    { method, bodyLimit }: { method: 'GET' | 'POST' | ['GET', 'POST']; bodyLimit?: number },
    carryOut: (call: Call, findJob: () => Job) => Answer | Promise<Answer>,
  ) => {
    const ofOneJob = !OF_AN_ENDPOINT.has(operation);
    app.route<RunpodRoute>({
      method,
      url: `/:endpointId/${operation}${ofOneJob ? '/:jobId' : ''}`,
      ...(bodyLimit !== undefined && { bodyLimit }),
      handler: (request, reply) => {
        const { endpointId, jobId = '' } = request.params;
        const lookUp = () => engine.find(endpointId, jobId);
        const findJob = () => known(lookUp());
        return answerUnderFaults({ request, reply, endpointId, operation, lookUp }, options, () =>
          carryOut(callOf(request, reply), findJob),
        );
      },
    });
  };

  route('run', { method: 'POST', bodyLimit: 10 * MIB }, ({ endpointId, body }) => {
    const job = engine.submit(endpointId, { ...readSubmit(body, retentionMs), idPrefix: '' });
    return { job, body: { id: job.id, status: job.status } };
  });

  route('runsync', { method: 'POST', bodyLimit: 20 * MIB }, async ({ endpointId, body, query, disconnected }) => {
    const job = engine.submit(endpointId, { ...readSubmit(body, syncRetentionMs), idPrefix: 'sync-' });
    await job.until(() => !job.isLive, waitOf(query, SYNC_WAIT_MS), disconnected());
    return { job, body: job.isLive ? { id: job.id, status: job.status } : runpodJob(known(job)) };
  });

  route('status', { method: ['GET', 'POST'] }, ({ query }, findJob) => {
    const job = findJob();
    const answer = { body: runpodJob(job) };
    // A side effect of this read on RunPod, and a trap for pollers.
    const ttlMs = query.ttl === undefined ? Number.NaN : Number(query.ttl);
    if (ttlMs >= 0) engine.shortenRetention(job, ttlMs);
    return answer;
  });

  route('status-sync', { method: ['GET', 'POST'] }, async ({ query, disconnected }, findJob) => {
    const job = findJob();
    await job.until(() => !job.isLive, waitOf(query, SYNC_WAIT_MS), disconnected());
    return { body: runpodJob(known(job)) };
  });

  route('stream', { method: ['GET', 'POST'] }, async ({ query, disconnected }, findJob) => {
    const job = findJob();
    const signal = disconnected();
    await job.until(() => job.hasChunks || !job.isLive, waitOf(query, STREAM_WAIT_MS), signal);
    const { status } = known(job);
    // Who left before anything was there takes nothing with them; an answer lost later loses its chunks.
    const chunks = signal.aborted ? [] : job.drainChunks();
    return { body: { status, stream: chunks.map((output) => ({ output })) } };
  });

  route('cancel', { method: 'POST' }, (_call, findJob) => {
    const job = findJob();
    engine.cancel(job);
    return { body: { id: job.id, status: job.status } };
  });

  route('retry', { method: 'POST' }, (_call, findJob) => {
    const job = findJob();
    const { id, status } = job;
    if (!engine.retry(job)) {
      throw new Refusal(400, { error: `job ${id} is ${status}: only FAILED and TIMED_OUT jobs can be retried` });
    }
    return { body: { id, status: job.status } };
  });

  route('purge-queue', { method: 'POST' }, ({ endpointId }) => ({
    body: { removed: engine.purgeQueue(endpointId), status: 'completed' },
  }));

  route('health', { method: 'GET' }, ({ endpointId }) => ({ body: engine.health(endpointId) }));
}

const OF_AN_ENDPOINT: ReadonlySet<Operation> = new Set(['run', 'runsync', 'purge-queue', 'health']);

function callOf(request: FastifyRequest<RunpodRoute>, reply: FastifyReply): Call {
  return {
    endpointId: request.params.endpointId,
    query: request.query,
    body: request.body,
    disconnected() {
      const left = new AbortController();
      if (reply.raw.destroyed) left.abort();
      else reply.raw.once('close', () => left.abort());
      return left.signal;
    },
  };
}

function known(job: Job | undefined): Job {
  if (!job || job.deleted) throw new Refusal(404, { error: 'job not found' });
  return job;
}

function waitOf({ wait }: RunpodRoute['Querystring'], defaultMs: number): number {
  const asked = Number(wait ?? defaultMs);
  return Number.isNaN(asked) ? defaultMs : Math.min(Math.max(asked, MIN_WAIT_MS), MAX_WAIT_MS);
}
