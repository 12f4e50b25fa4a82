import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { isOfOneJob, type Operation } from '../operation.js';
import { hangUp } from './broken-answer.js';
import type { Call } from './carry-out.js';
import type { DialectWords } from './dialect-words.js';
import type { OperationService } from './operation-service.js';
import { Refusal } from './refusal.js';
import { requireKey } from './require-key.js';

const MIB = 1024 * 1024;

/** Documented as 10 and 20 MB; the texts in the field say MiB. */
export const BODY_LIMITS: Partial<Record<Operation, number>> = { run: 10 * MIB, runsync: 20 * MIB };

export interface DialectOptions {
  readonly service: OperationService;
  /** Absent: any key is accepted, but one has to be there. */
  readonly apiKey: string | undefined;
}

export type Verb = 'GET' | 'POST';

interface ServedDialect extends DialectOptions {
  readonly words: DialectWords;
  /** What it offers, by which verbs. */
  readonly operations: Partial<Record<Operation, readonly Verb[]>>;
  keyOf(request: FastifyRequest): string | undefined;
}

interface EndpointRoute {
  Params: { endpointId: string; jobId?: string };
  Querystring: Call['query'];
}

/** The routes of a dialect that has the endpoint in its path: `/{endpointId}/{operation}/{jobId}`. */
export function serveDialect(app: FastifyInstance, { service, apiKey, words, operations, keyOf }: ServedDialect): void {
  requireKey(app, apiKey, keyOf);

  for (const [operation, method] of Object.entries(operations) as [Operation, Verb[]][]) {
    const bodyLimit = BODY_LIMITS[operation];
    app.route<EndpointRoute>({
      method,
      url: `/:endpointId/${operation}${isOfOneJob(operation) ? '/:jobId' : ''}`,
      ...(bodyLimit !== undefined && { bodyLimit }),
      onRequest: async (request, reply) => {
        const unread = service.isResetUnread({ endpoint: request.params.endpointId, operation });
        if (unread) return hangUp(request as FastifyRequest, reply, { reset: true });
      },
      handler: (request, reply: FastifyReply) => {
        const { endpointId, jobId = '' } = request.params;
        const { query, body } = request;
        return service.serve({
          ...{ request: request as FastifyRequest, reply, words, key: keyOf(request as FastifyRequest) ?? '' },
          ...{ operation, endpointId, jobId, query, body },
        });
      },
    });
  }
  refuseUnpublished(app);
}

/** Documented by name alone, or, for the OpenAI-compatible ones, served by the worker image and not by the platform. */
function refuseUnpublished(app: FastifyInstance): void {
  const refuse = (path: string, why: string) =>
    app.all(path, async () => {
      throw new Refusal(404, { error: `the emulator has no ${path.replace('/:endpointId/', '')}: ${why}` });
    });
  refuse('/:endpointId/requests', 'what it answers is not published');
  refuse('/:endpointId/metrics', 'what it answers is not published');
  refuse('/:endpointId/openai/*', 'a worker image answers there, not the job API; send the job by run');
}
