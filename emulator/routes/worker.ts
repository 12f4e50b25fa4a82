import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import { type Job, jobEnd } from '../job.js';
import type { JobEngine } from '../job-engine.js';
import type { Poll } from '../remote-workers.js';
import { disconnected } from './disconnected.js';
import { Refusal } from './refusal.js';
import { requireKey } from './require-key.js';
import { bearerKey } from './runpod.js';

/** What workers in the field saw refused was a little over this. */
const MAX_RESULT_BYTES = 20 * 1024 * 1024;

const json = z.custom<JsonValue>((value) => value !== undefined);

/** A progress report is a result with a status. Unknown fields are let through: the worker's package grows. */
const resultSchema = z.object({
  status: z.string().optional(),
  output: json.optional(),
  error: json.optional(),
  stopPod: z.boolean().optional(),
});

const chunkSchema = z.object({ output: json });

interface PollRoute {
  Params: { endpointId: string; workerId: string };
  Querystring: { batch_size?: string; job_id?: string };
}

interface ReportRoute {
  Params: { endpointId: string; workerId: string; jobId: string };
}

export interface WorkerRoutesOptions {
  readonly engine: JobEngine;
  /** Absent: any key is accepted, but one has to be there. */
  readonly apiKey: string | undefined;
}

/**
 * What a worker of RunPod's Python package asks of its platform, as a Fastify plugin below `/v2`. Reports of a job that is
 * no longer the worker's are taken and dropped, as on RunPod.
 */
export async function workerRoutes(app: FastifyInstance, { engine, apiKey }: WorkerRoutesOptions): Promise<void> {
  // Workers send the bare key.
  requireKey(app, apiKey, bearerKey);

  app.get<PollRoute>('/:endpointId/job-take/:workerId', async (request, reply) => {
    const [attempt] = await engine.remoteWorkers(request.params.endpointId).take(pollOf(request, reply), 1);
    return attempt ? forWorker(attempt.job) : reply.code(204).send();
  });

  app.get<PollRoute>('/:endpointId/job-take-batch/:workerId', async (request, reply) => {
    const size = Number(request.query.batch_size);
    if (!Number.isInteger(size) || size < 1) {
      throw new Refusal(400, { error: `batch_size must be a whole number of at least 1` });
    }
    const attempts = await engine.remoteWorkers(request.params.endpointId).take(pollOf(request, reply), size);
    return attempts.length > 0 ? attempts.map(({ job }) => forWorker(job)) : reply.code(204).send();
  });

  app.get<PollRoute>('/:endpointId/job-stop/:workerId', async (request, reply) => {
    const jobIds = await engine.remoteWorkers(request.params.endpointId).stopSignals(pollOf(request, reply));
    return jobIds.length > 0 ? { jobsToStop: jobIds } : reply.code(204).send();
  });

  app.get<PollRoute>('/:endpointId/ping/:workerId', async ({ params: { endpointId, workerId }, query }) => {
    const jobIds = query.job_id?.split(',').filter((id) => id !== '') ?? [];
    engine.remoteWorkers(endpointId).ping(workerId, jobIds);
    return {};
  });

  app.post<ReportRoute>('/:endpointId/job-done/:workerId/:jobId', { bodyLimit: MAX_RESULT_BYTES }, async (request) => {
    const { endpointId, workerId, jobId } = request.params;
    const { status, output, error, stopPod = false } = read(resultSchema, request.body);
    const workers = engine.remoteWorkers(endpointId);
    if (status === 'IN_PROGRESS') workers.attemptOf(workerId, jobId)?.report(output ?? null);
    else workers.finish(workerId, jobId, { end: jobEnd({ output, error }), refreshWorker: stopPod });
    return {};
  });

  app.post<ReportRoute>(
    '/:endpointId/job-stream/:workerId/:jobId',
    { bodyLimit: MAX_RESULT_BYTES },
    async (request) => {
      const { endpointId, workerId, jobId } = request.params;
      const { output } = read(chunkSchema, request.body);
      engine.remoteWorkers(endpointId).attemptOf(workerId, jobId)?.pushChunk(output);
      return {};
    },
  );
}

function read<Body>(schema: z.ZodType<Body>, body: unknown): Body {
  const parsed = schema.safeParse(body);
  if (!parsed.success) throw new Refusal(400, { error: z.prettifyError(parsed.error) });
  return parsed.data;
}

/** The job as a worker gets it. */
function forWorker({ id, request: { input, webhook, s3Config } }: Job): JsonObject {
  return { id, input, ...(webhook !== undefined && { webhook }), ...(s3Config !== undefined && { s3Config }) };
}

function pollOf(request: FastifyRequest<PollRoute>, reply: FastifyReply): Poll {
  return { workerId: request.params.workerId, socket: request.raw.socket, signal: disconnected(reply) };
}
