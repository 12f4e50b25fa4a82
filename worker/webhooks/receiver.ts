import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { SubmitKey } from '../../activities/index.js';
import type { Listening } from '../listen-once.js';
import { BodyTooLarge, readJobId } from './read-job-id.js';
import { TOKEN_MAX_LENGTH, type WebhookTokens } from './tokens.js';

/** From the first byte to the last. A provider tries again, and the job is read all the same. */
const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 1_000;

export interface ReceiverOptions {
  readonly listen: { readonly host: string; readonly port: number };
  readonly tokens: WebhookTokens;
  /** Settles when the webhook is taken care of; rejects where the provider is to try again. */
  readonly onWebhook: (key: SubmitKey, jobId: string | undefined) => Promise<void>;
  /** Gets a line, without any address, for a webhook that could not be taken care of. */
  readonly log: (line: string) => void;
  readonly requestTimeoutMs?: number;
}

/**
 * Listens for webhooks of providers. Whatever does not bear a token of ours is 404 before its body is read; nothing that is
 * sent here is believed but the token and, of a job that nobody knows yet, its id.
 */
export async function startReceiver(options: ReceiverOptions): Promise<Listening> {
  const { tokens, onWebhook, log, requestTimeoutMs = REQUEST_TIMEOUT_MS } = options;
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: requestTimeoutMs,
    http: { headersTimeout: requestTimeoutMs, connectionsCheckingInterval: Math.min(1_000, requestTimeoutMs) },
    routerOptions: { maxParamLength: TOKEN_MAX_LENGTH },
    // An address that cannot be decoded.
    frameworkErrors: (_error, _request, reply) => notFound(reply),
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', async (_request: FastifyRequest, body: AsyncIterable<Buffer>) => readJobId(body));
  server.setNotFoundHandler((_request, reply) => notFound(reply));
  // A body that is too large, or breaks off.
  server.setErrorHandler((error, _request, reply) =>
    answer(reply.header('connection', 'close'), error instanceof BodyTooLarge ? 413 : 400),
  );

  const bearers = new WeakMap<FastifyRequest, SubmitKey | 'probe'>();
  server.post(
    '/*',
    {
      // Before the body: nobody who bears no token has any of it read.
      onRequest: async (request, reply) => {
        // A proxy may have taken its own path away, or left it.
        const token = (request.params as Readonly<Record<'*', string>>)['*'].split('/').at(-1) ?? '';
        const bearer = tokens.verify(token);
        if (bearer === undefined) return notFound(reply);
        bearers.set(request, bearer);
      },
    },
    async (request, reply) => {
      const bearer = bearers.get(request);
      if (bearer === undefined) return notFound(reply);
      try {
        if (bearer !== 'probe') await onWebhook(bearer, request.body as string | undefined);
        return answer(reply, 200);
      } catch (error) {
        log(`a webhook could not be passed on (${error instanceof Error ? error.message : String(error)})`);
        return answer(reply, 503);
      }
    },
  );
  const { host, port } = options.listen;
  const url = await server.listen({ host, port });
  const address = server.server.address();
  const actual = typeof address === 'object' && address !== null ? address.port : port;
  return { url, port: actual, close: () => server.close() };
}

/** The same for everything that bears no token, so that nothing can be learned from it. */
function notFound(reply: FastifyReply): FastifyReply {
  // What is left of a body need not be waited for.
  return answer(reply.header('connection', 'close'), 404);
}

function answer(reply: FastifyReply, status: number): FastifyReply {
  return reply
    .code(status)
    .header('content-type', 'application/json')
    .send(status === 200 ? '{"ok":true}' : '{}');
}
