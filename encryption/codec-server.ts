import type { Payload, PayloadCodec } from '@temporalio/common';
import fastify, { type FastifyReply, type FastifyRequest } from 'fastify';

export interface CodecServerOptions {
  readonly codec: PayloadCodec;
  /** Default 127.0.0.1: whoever reaches it reads what is encrypted. */
  readonly host?: string;
  /** 0 takes any free one. */
  readonly port: number;
  /** Where pages may be from that ask, such as `http://127.0.0.1:8233`. */
  readonly origins: readonly string[];
}

export interface CodecServer {
  /** Such as `http://127.0.0.1:8081`: what the UI and `temporal --codec-endpoint` are told. */
  readonly url: string;
  close(): Promise<void>;
}

/** A payload in Protobuf's JSON: bytes are base64. */
interface JsonPayload {
  readonly metadata?: Readonly<Record<string, string>>;
  readonly data?: string;
}

const MAX_BODY_BYTES = 16 * 1024 * 1024;

/**
 * Temporal's remote codec: `POST /encode` and `POST /decode` with `{"payloads": […]}`, for its UI and its command line.
 * Pages from elsewhere are refused, so that no site that somebody visits can have payloads read.
 */
export async function startCodecServer({
  codec,
  host = '127.0.0.1',
  port,
  origins,
}: CodecServerOptions): Promise<CodecServer> {
  const app = fastify({ bodyLimit: MAX_BODY_BYTES, forceCloseConnections: true });
  app.addHook('onRequest', async (request, reply) => {
    const { origin } = request.headers;
    if (origin === undefined) return;
    if (!origins.includes(origin)) {
      await reply.code(403).send({ message: `pages of ${origin} may not ask here; --origin says which may` });
      return;
    }
    reply.headers({ 'access-control-allow-origin': origin, vary: 'Origin' });
    if (request.method !== 'OPTIONS') return;
    // Whatever headers the UI has: the namespace, and a token where it has one.
    const wanted = request.headers['access-control-request-headers'] ?? 'content-type, x-namespace';
    await reply
      .headers({ 'access-control-allow-methods': 'POST', 'access-control-allow-headers': wanted })
      .code(204)
      .send();
  });
  const answerBy =
    (convert: (payloads: Payload[]) => Promise<Payload[]>) => async (request: FastifyRequest, reply: FastifyReply) => {
      const { payloads } = Object(request.body) as { readonly payloads?: unknown };
      if (!Array.isArray(payloads)) {
        return await reply.code(400).send({ message: 'the body must be {"payloads": [...]}' });
      }
      try {
        return { payloads: (await convert(payloads.map(fromJson))).map(toJson) };
      } catch (error) {
        return await reply.code(400).send({ message: error instanceof Error ? error.message : String(error) });
      }
    };
  app.post(
    '/encode',
    answerBy((payloads) => codec.encode(payloads)),
  );
  app.post(
    '/decode',
    answerBy((payloads) => codec.decode(payloads)),
  );
  // Without a handler, the hook above is not asked about a preflight.
  app.options('/*', async (_request, reply) => await reply.code(204).send());
  return { url: await app.listen({ host, port }), close: () => app.close() };
}

function fromJson(payload: unknown): Payload {
  const { metadata = {}, data } = Object(payload) as JsonPayload;
  return {
    metadata: Object.fromEntries(Object.entries(metadata).map(([name, text]) => [name, Buffer.from(text, 'base64')])),
    ...(data !== undefined && { data: Buffer.from(data, 'base64') }),
  };
}

function toJson({ metadata, data }: Payload): JsonPayload {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    metadata: Object.fromEntries(Object.entries(metadata ?? {}).map(([name, bytes]) => [name, base64(bytes)])),
    ...(data && data.length > 0 && { data: base64(data) }),
  };
}
