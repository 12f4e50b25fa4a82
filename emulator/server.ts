import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify';
import { type Clock, systemClock } from './clock.js';
import type { Fault } from './fault.js';
import { FaultBoard } from './fault-board.js';
import { createGateway, type GatewayOptions } from './gateway/gateway.js';
import type { EndpointDefinition } from './handler.js';
import { JobEngine } from './job-engine.js';
import type { LedgerEntry } from './ledger.js';
import { LocalPost } from './local-post.js';
import { RequestLimiter } from './request-limiter.js';
import { adminRoutes } from './routes/admin.js';
import { readBodiesLikeRunpod } from './routes/body.js';
import { gatewayRoutes } from './routes/gateway.js';
import { OperationService } from './routes/operation-service.js';
import { Refusal } from './routes/refusal.js';
import { runpodRoutes } from './routes/runpod.js';
import { type SubmodelOptions, submodelRoutes } from './routes/submodel.js';
import { workerRoutes } from './routes/worker.js';
import { DEFAULT_RETRY_DELAYS_MS, WebhookSender } from './webhooks.js';
import type { UnavailableWorkers } from './worker-pool.js';

export interface EmulatorOptions {
  /** Default 0: any free one. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Absent: any key is accepted, but a request without one is refused (401). */
  readonly apiKey?: string;
  /** Beside the built-in `echo`, `sleep`, `fail` and `count`; one of those names changes the built-in. */
  readonly endpoints?: Readonly<Record<string, EndpointDefinition>>;
  /** How long the result of `run` can be read. Default 30 min, as on RunPod. */
  readonly retentionMs?: number;
  /** The same for `runsync`. Default 1 min, as on RunPod. */
  readonly syncRetentionMs?: number;
  /** Waits before the further tries of a webhook. Default two of 10 s, as RunPod documents. */
  readonly webhookRetryDelaysMs?: readonly number[];
  /** How long a worker in another process may be silent before its jobs are given to others. Default 30 s, as RunPod about does. */
  readonly workerLeaseMs?: number;
  /** Gets a line for a webhook that was not sent or given up. Default `console.warn`. */
  readonly log?: (line: string) => void;
  /**
   * Whether it keeps to the documented limits: requests in 10 s and at once for each endpoint, key and operation, the cap
   * of a queue, the lower bounds of a policy, the gateway's quota. Default `none`, for tests in a hurry.
   */
  readonly limits?: 'documented' | 'none';
  /**
   * How many requests in 10 s each running worker stands for: the documented limits grow so, and not by a number that is
   * published. Default 0: they don't grow.
   */
  readonly requestsPerWorker?: number;
  /** Which of SubModel's contradicting documents its routes follow. */
  readonly submodel?: SubmodelOptions;
  /** What the gateway in front knows: its surfaces and models, its credit. */
  readonly gateway?: GatewayOptions;
  /** Default: the real time. A {@link TestClock} can be advanced, in code and by `POST /_emulator/clock`. */
  readonly clock?: Clock;
}

/** A running emulator. */
export interface Emulator {
  /** `http://127.0.0.1:8080`; RunPod's base URL is this and `/v2`. */
  readonly url: string;
  readonly port: number;
  /** Adds an endpoint, or replaces one for the jobs that start from now on. */
  register(endpointId: string, definition: EndpointDefinition): void;
  /** Takes workers of an endpoint's handler out of service (throttled, unhealthy), or puts them back. */
  setUnavailable(endpointId: string, workers: UnavailableWorkers): void;
  /** Every job ever accepted, oldest first. */
  jobs(): LedgerEntry[];
  /**
   * Replaces the faults in force. Throws `InvalidFault`, which names the field. `seed` (default 1): the choices of faults
   * with a `probability` are the same for the same seed.
   */
  setFaults(faults: readonly Fault[], options?: { readonly seed?: number }): void;
  clearFaults(): void;
  /** What the gateway's account has from now on; a submit through the gateway with less than its price is refused (402). */
  setGatewayCredit(usd: number): void;
  /** Stops handlers, ends held requests and frees the port. */
  close(): Promise<void>;
}

/**
 * Starts a local job API that speaks the dialects of RunPod, SubModel and the gateway, and runs JavaScript handlers.
 *
 * @throws Error where it can't listen, with the address and the reason.
 * @example
 * const emulator = await startEmulator({ endpoints: { shout: { handler: (input) => String(input).toUpperCase() } } });
 * await fetch(`${emulator.url}/v2/shout/run`, { method: 'POST', headers: { authorization: 'any' }, body: '{"input":"hi"}' });
 */
export async function startEmulator(options: EmulatorOptions = {}): Promise<Emulator> {
  const { port = 0, host = '127.0.0.1', endpoints = {}, clock = systemClock, log = console.warn } = options;
  const faults = new FaultBoard();
  const post = new LocalPost();
  const webhooks = new WebhookSender({
    clock,
    post,
    retryDelaysMs: options.webhookRetryDelaysMs ?? DEFAULT_RETRY_DELAYS_MS,
    log,
  });
  const engine = new JobEngine({
    clock,
    workerLeaseMs: options.workerLeaseMs,
    onEnd: (job) => webhooks.send(job),
  });
  for (const [id, definition] of Object.entries(endpoints)) engine.register(id, definition);

  const closing = new AbortController();
  const app = createApp();
  const { apiKey, submodel = {} } = options;
  const limited = options.limits === 'documented';
  const limiter = new RequestLimiter({
    clock,
    requestsPerWorker: options.requestsPerWorker ?? 0,
    runningWorkers: (endpointId) => engine.health(endpointId).workers.running,
  });
  const service = new OperationService({
    ...{ engine, faults, clock, closing: closing.signal },
    limiter: limited ? limiter : undefined,
    retentionMs: options.retentionMs ?? 30 * 60_000,
    syncRetentionMs: options.syncRetentionMs ?? 60_000,
    policyBounds: limited ? 'documented' : 'upper',
  });
  app.register(runpodRoutes, { prefix: '/v2', service, apiKey });
  app.register(workerRoutes, { prefix: '/v2', engine, apiKey });
  const gateway = createGateway(options.gateway ?? {}, { clock, post, log, limited });
  app.register(gatewayRoutes, { prefix: '/v1/runpod', service, apiKey, gateway });
  app.register(submodelRoutes, { prefix: '/v1/sl', service, apiKey, submodel });
  app.register(adminRoutes, { prefix: '/_emulator', engine, faults, clock, credit: gateway.credit });

  const close = async () => {
    // First of all: what is held must end as a lost connection, not as an answer of ours.
    app.server.closeAllConnections();
    closing.abort(new Error('the emulator is closing'));
    engine.close();
    await Promise.all([app.close(), post.close()]);
  };
  const actualPort = await listen(app, { host, port }).catch(async (error: unknown) => {
    await close();
    throw error;
  });

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${actualPort}`,
    port: actualPort,
    register: (endpointId, definition) => engine.register(endpointId, definition),
    setUnavailable: (endpointId, workers) => engine.setUnavailable(endpointId, workers),
    jobs: () => engine.ledger(),
    setFaults: (list, seed) => faults.set(list, seed),
    clearFaults: () => faults.clear(),
    setGatewayCredit: (usd) => gateway.credit.set(usd),
    close,
  };
}

function createApp(): FastifyInstance {
  // Connections that come while it closes must not hold it up.
  const app = Fastify({ forceCloseConnections: true });
  readBodiesLikeRunpod(app);
  app.setErrorHandler((error: FastifyError | Refusal, _request, reply): FastifyReply => {
    if (error instanceof Refusal) return reply.code(error.httpStatus).headers(error.headers).send(error.body);
    return reply.code(error.statusCode ?? 500).send({ error: error.message });
  });
  app.setNotFoundHandler(({ method, url }, reply) =>
    reply.code(404).send({ error: `no such route: ${method} ${url}` }),
  );
  return app;
}

async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<number> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const inUse = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE';
    const reason = inUse ? 'the port is in use; stop what uses it, or choose another (0: any free one)' : String(error);
    throw new Error(`the emulator cannot listen on ${host}:${port}: ${reason}`, { cause: error });
  }
  const address = app.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
