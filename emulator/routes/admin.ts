import type { FastifyInstance } from 'fastify';
import { type FaultBoard, InvalidFault } from '../faults.js';
import type { JobEngine } from '../job-engine.js';
import { Refusal } from './refusal.js';

/** The emulator's own routes, below `/_emulator`: what was accepted, and what shall go wrong. No key is asked for. */
export async function adminRoutes(
  app: FastifyInstance,
  { engine, faults }: { readonly engine: JobEngine; readonly faults: FaultBoard },
): Promise<void> {
  app.get<{ Querystring: { endpoint?: string } }>('/jobs', async ({ query: { endpoint } }) => {
    const entries = engine.ledger();
    return endpoint === undefined ? entries : entries.filter((entry) => entry.endpoint === endpoint);
  });

  app.get('/faults', async () => ({ faults: faults.list() }));

  app.post('/faults', async ({ body }) => {
    try {
      faults.setFromBody(body);
    } catch (error) {
      if (error instanceof InvalidFault) throw new Refusal(400, { error: error.message });
      throw error;
    }
    return { faults: faults.list() };
  });

  app.delete('/faults', async (_request, reply) => {
    faults.clear();
    return reply.code(204).send();
  });
}
