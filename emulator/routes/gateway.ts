import { randomUUID } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Gateway } from '../gateway/gateway.js';
import { isSurface, resolveEndpoint, SURFACES, type Surface } from '../gateway/routing.js';
import { isOfOneJob, isSubmit, type Operation } from '../operation.js';
import { hangUp } from './broken-answer.js';
import type { Call } from './carry-out.js';
import { admitToGateway, reserveCredit } from './gateway-admission.js';
import { GatewayRefusal, gatewayErrorBody } from './gateway-refusal.js';
import { type GatewaySubmit, readGatewaySubmit } from './gateway-submit.js';
import { Refusal } from './refusal.js';
import { bearerKey } from './runpod.js';
import { BODY_LIMITS, type DialectOptions } from './serve-dialect.js';

const VERBS: Partial<Record<Operation, 'GET' | 'POST'>> = {
  run: 'POST',
  runsync: 'POST',
  status: 'GET',
  stream: 'GET',
  cancel: 'POST',
  retry: 'POST',
  'purge-queue': 'POST',
  health: 'GET',
};

/** All who come through the gateway share the limits of its own key. */
const GATEWAY_KEY = 'gateway';

const WORDS = {
  answer: (_operation: Operation, { body }: { readonly body: unknown }) => body,
  error: gatewayErrorBody,
};

interface GatewayRoute {
  Params: { surface: string; jobId?: string };
  Querystring: Call['query'] & { readonly endpointId?: string };
}

/** The gateway's operations, as a Fastify plugin below `/v1/runpod`. */
export async function gatewayRoutes(
  app: FastifyInstance,
  { service, apiKey, gateway }: DialectOptions & { readonly gateway: Gateway },
): Promise<void> {
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof Refusal)) throw error;
    reply.code(error.httpStatus).headers(error.headers);
    return reply.send(
      error instanceof GatewayRefusal ? { error: error.error } : gatewayErrorBody(error.httpStatus, error.body),
    );
  });
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-trace-id', randomUUID());
    const key = bearerKey(request);
    if (!key || (apiKey !== undefined && key !== apiKey)) {
      throw new GatewayRefusal(401, { code: 'unauthorized', message: 'the key is missing or not known' });
    }
    if (gateway.quota) return admitToGateway({ request, reply, key, quota: gateway.quota });
  });
  reserveCredit(app, gateway.credit);

  for (const [operation, method] of Object.entries(VERBS) as [Operation, 'GET' | 'POST'][]) {
    const bodyLimit = BODY_LIMITS[operation];
    app.route<GatewayRoute>({
      method,
      url: `/:surface/${operation}${isOfOneJob(operation) ? '/:jobId' : ''}`,
      ...(bodyLimit !== undefined && { bodyLimit }),
      config: { reservesCredit: isSubmit(operation) },
      onRequest: async (request, reply) => {
        // The body may name another endpoint, but it isn't read yet.
        const { params, query } = request;
        const bySurface = isSurface(params.surface) ? gateway.routing.surfaces?.[params.surface] : undefined;
        const unread = service.isResetUnread({ endpoint: query.endpointId ?? bySurface ?? '', operation });
        if (unread) return hangUp(request as FastifyRequest, reply as FastifyReply, { reset: true });
      },
      handler: (request, reply) => {
        const { surface, jobId = '' } = request.params;
        if (!isSurface(surface)) throw new GatewayRefusal(404, noSurface(surface));
        const submit = isSubmit(operation) ? readGatewaySubmit(request.body) : undefined;
        const endpointId = endpointOf(gateway, { surface, submit, query: request.query });
        reply.headers({ 'x-runpod-endpoint-id': endpointId, 'x-runpod-operation': operation });
        if (operation === 'status') {
          const cached = gateway.cache.get(request.url);
          if (cached) return reply.header('x-cache', 'hit').send(cached.body);
        }
        return service.serve({
          ...{ request: request as FastifyRequest, reply: reply as FastifyReply, words: WORDS, key: GATEWAY_KEY },
          ...{ operation, endpointId, jobId, query: request.query, body: submit?.forwarded },
          onAnswer({ body }) {
            if (operation === 'status') {
              gateway.cache.put(request.url, body);
              gateway.events.observe(jobId, body);
            }
            const url = submit?.webhookUrl;
            if (url !== undefined) gateway.events.subscribe(String(body.id), { url, surface });
          },
        });
      },
    });
  }
}

function endpointOf(
  { routing }: Gateway,
  {
    surface,
    submit,
    query,
  }: { surface: Surface; submit: GatewaySubmit | undefined; query: GatewayRoute['Querystring'] },
): string {
  if (query.endpointId === '') {
    throw new GatewayRefusal(400, { code: 'invalid_request', message: 'endpointId must not be empty' });
  }
  const asked = query.endpointId ?? submit?.endpointId;
  const endpointId = resolveEndpoint(routing, { surface, endpointId: asked, model: submit?.model });
  if (endpointId !== undefined) return endpointId;
  throw new GatewayRefusal(400, {
    code: 'missing_endpoint_id',
    message: `the surface ${surface} has no endpoint: send endpointId, or start the emulator with --surface ${surface}=ENDPOINT`,
  });
}

function noSurface(surface: string): GatewayRefusal['error'] {
  return { code: 'not_found', message: `there is no surface ${surface} (there are: ${SURFACES.join(', ')})` };
}
