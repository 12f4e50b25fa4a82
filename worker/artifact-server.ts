/** Stored artifacts over HTTP, for callers in other languages and people with a browser or curl. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { Readable } from 'node:stream';
import fastify, { type FastifyReply } from 'fastify';
import { fileTypeFromBuffer } from 'file-type';
import { ArtifactMissing, isDigest, type StoreDriver, StoreUnavailable } from '../artifacts/index.js';
import { ARTIFACTS_LISTEN_VARIABLE, type Config, type ListenAddress } from '../config/index.js';
import { type Listening, listenOnce } from './listen-once.js';
import { secretOf } from './secret-variable.js';

const REQUEST_TIMEOUT_MS = 10_000;
const MAX_CONNECTIONS = 1_000;

export interface ArtifactServerOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly store: Pick<StoreDriver, 'open'>;
  /** Gets a line for what could not be served. */
  readonly log: (line: string) => void;
}

/**
 * Serves artifacts where the configuration says; undefined where it says nothing, or where this process does not listen.
 *
 * @throws {ConfigError} where the token is not set, and where it cannot listen
 */
export async function openArtifactServer(
  { artifactServer: config }: Pick<Config, 'artifactServer'>,
  { env, store, log }: ArtifactServerOptions,
): Promise<Listening | undefined> {
  if (config === undefined) return undefined;
  const token = secretOf('artifactServer.token', config.tokenEnv, env);
  if (config.listen === 'off') return undefined;
  const of = { field: 'artifactServer.listen', variable: ARTIFACTS_LISTEN_VARIABLE };
  return listenOnce(config.listen, of, (listen) => startArtifactServer(listen, { token, store, log }));
}

async function startArtifactServer(
  listen: ListenAddress,
  { token, store, log }: Omit<ArtifactServerOptions, 'env'> & { readonly token: string },
): Promise<Listening> {
  const server = fastify({
    logger: false,
    forceCloseConnections: true,
    requestTimeout: REQUEST_TIMEOUT_MS,
    // A HEAD route that it makes of a GET itself says that the file has 0 bytes.
    exposeHeadRoutes: false,
    frameworkErrors: (_error, _request, reply) => refuse(reply, 404, NOT_THERE),
  });
  server.server.maxConnections = MAX_CONNECTIONS;
  server.setNotFoundHandler((_request, reply) => refuse(reply, 404, NOT_THERE));
  // Before anything else, so that nothing can be learned without it.
  server.addHook('onRequest', async (request, reply) => {
    const [, given = ''] = /^Bearer +(.+)$/i.exec(request.headers.authorization ?? '') ?? [];
    if (!isSame(given, token)) {
      return refuse(reply.header('www-authenticate', 'Bearer'), 401, 'send "Authorization: Bearer" and the token');
    }
  });
  server.route<{ Params: { sha256: string } }>({
    method: ['GET', 'HEAD'],
    url: '/artifacts/:sha256',
    handler: async ({ params, method, headers }, reply) => {
      const { sha256 } = params;
      if (!isDigest(sha256)) return refuse(reply, 404, 'an artifact is named by 64 lower-case hex digits');
      const tag = `"${sha256}"`;
      if (headers['if-none-match'] === tag) return reply.code(304).send();
      const tell = (error: unknown) =>
        log(`artifact ${sha256} could not be served (${error instanceof Error ? error.message : String(error)})`);
      const content = store.open(sha256)[Symbol.asyncIterator]();
      try {
        const first = await content.next();
        const beginning = first.done ? new Uint8Array() : first.value;
        const type = await fileTypeFromBuffer(beginning);
        reply
          .header('content-type', type?.mime ?? 'application/octet-stream')
          // What a provider returned is no page of ours, whatever it looks like.
          .header('content-disposition', 'attachment')
          .header('x-content-type-options', 'nosniff')
          .header('cache-control', 'private, max-age=31536000, immutable')
          .header('etag', tag);
        if (method === 'HEAD') {
          await content.return?.();
          return reply.send();
        }
        // What is damaged shows at its end: the connection breaks off, and nobody takes it for whole.
        return reply.send(Readable.from(after(beginning, content), { objectMode: false }).once('error', tell));
      } catch (error) {
        if (error instanceof ArtifactMissing) return refuse(reply, 404, NOT_THERE);
        tell(error);
        return refuse(reply, error instanceof StoreUnavailable ? 503 : 500, "it cannot be read: see the worker's log");
      }
    },
  });
  const url = await server.listen({ ...listen });
  const address = server.server.address();
  const port = typeof address === 'object' && address !== null ? address.port : listen.port;
  return { url, port, close: () => server.close() };
}

const NOT_THERE = 'there is no such artifact: GET /artifacts/SHA256, of the store that the workers share';

function refuse(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).header('content-type', 'application/json').send(JSON.stringify({ error }));
}

async function* after(first: Uint8Array, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    yield first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) yield next.value;
  } finally {
    // A reader that leaves lets go of the file, too.
    await rest.return?.();
  }
}

/** In a time that tells nothing of where they differ. */
function isSame(given: string, wanted: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
