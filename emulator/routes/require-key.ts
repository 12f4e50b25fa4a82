import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.js';

/** Refuses what comes without a key (401), and, where `apiKey` is given, with another one. */
export function requireKey(
  app: FastifyInstance,
  apiKey: string | undefined,
  keyOf: (request: FastifyRequest) => string | undefined,
): void {
  app.addHook('onRequest', async (request) => {
    const key = keyOf(request);
    if (!key || (apiKey !== undefined && key !== apiKey)) throw new Refusal(401, { error: 'unauthorized' });
  });
}
