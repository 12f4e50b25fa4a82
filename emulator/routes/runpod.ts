import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type DialectOptions, serveDialect } from './serve-dialect.js';

/** RunPod's operations, as a Fastify plugin below `/v2`. */
export async function runpodRoutes(app: FastifyInstance, options: DialectOptions): Promise<void> {
  serveDialect(app, {
    ...options,
    keyOf: bearerKey,
    words: { answer: (_operation, { body }) => body, error: (_httpStatus, body) => body },
    operations: {
      run: ['POST'],
      runsync: ['POST'],
      status: ['GET', 'POST'],
      'status-sync': ['GET', 'POST'],
      stream: ['GET', 'POST'],
      cancel: ['POST'],
      retry: ['POST'],
      'purge-queue': ['POST'],
      health: ['GET'],
    },
  });
}

/** RunPod's documentation shows the bare key as well. */
export function bearerKey({ headers: { authorization } }: FastifyRequest): string | undefined {
  return authorization?.replace(/^Bearer(\s+|$)/i, '').trim();
}
