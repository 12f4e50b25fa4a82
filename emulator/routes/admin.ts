import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import { InvalidFault } from '../fault.js';
import type { FaultBoard } from '../fault-board.js';
import type { Credit } from '../gateway/credit.js';
import type { JobEngine } from '../job-engine.js';
import { TestClock } from '../test-clock.js';
import { Refusal } from './refusal.js';

export interface AdminOptions {
  readonly engine: JobEngine;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  /** That of the gateway. */
  readonly credit: Credit;
}

/** The emulator's own routes, below `/_emulator`: what was accepted, and what shall go wrong. No key is asked for. */
export async function adminRoutes(
  app: FastifyInstance,
  { engine, faults, clock, credit }: AdminOptions,
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

  app.get('/clock', async () => ({ now: new Date(clock.now()).toISOString() }));

  app.post('/clock', async ({ body }) => {
    if (!(clock instanceof TestClock)) throw new Refusal(409, { error: NO_TEST_CLOCK });
    const parsed = advanceSchema.safeParse(body);
    if (!parsed.success)
      throw new Refusal(400, { error: 'the body must be { "advanceMs": 1800000 }: a number of at least 0' });
    clock.advance(parsed.data.advanceMs);
    return { now: new Date(clock.now()).toISOString() };
  });

  app.post<{ Params: { endpointId: string } }>('/endpoints/:endpointId/workers', async ({ params, body }) => {
    const parsed = workersSchema.safeParse(body ?? {});
    if (!parsed.success) {
      throw new Refusal(400, {
        error: 'the body must be { "throttled": 1, "unhealthy": 0 }: how many workers take no job',
      });
    }
    const { throttled = 0, unhealthy = 0 } = parsed.data;
    engine.setUnavailable(params.endpointId, { throttled, unhealthy });
    return engine.health(params.endpointId);
  });

  app.post('/gateway', async ({ body }) => {
    const parsed = creditSchema.safeParse(body);
    if (!parsed.success)
      throw new Refusal(400, { error: 'the body must be { "creditUsd": 5 }: a number of at least 0' });
    credit.set(parsed.data.creditUsd);
    return { creditUsd: credit.balanceUsd };
  });
}

const count = z.int().nonnegative().optional();
const workersSchema = z.strictObject({ throttled: count, unhealthy: count });

const creditSchema = z.strictObject({ creditUsd: z.number().nonnegative() });

const advanceSchema = z.strictObject({ advanceMs: z.number().nonnegative() });

const NO_TEST_CLOCK =
  'the clock of this emulator is the real one: start it with --test-clock, or in code with `clock: new TestClock()`';
