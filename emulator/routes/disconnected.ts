import type { FastifyReply } from 'fastify';

/** Aborts when the client has left, or has its answer. */
export function disconnected(reply: FastifyReply): AbortSignal {
  const left = new AbortController();
  if (reply.raw.destroyed) left.abort();
  else reply.raw.once('close', () => left.abort());
  return left.signal;
}
