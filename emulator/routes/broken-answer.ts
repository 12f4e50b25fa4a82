import type { FastifyReply, FastifyRequest } from 'fastify';
import type { FaultOf } from '../fault.js';
import type { DialectWords } from './dialect-words.js';

/** Closes the connection; `reset`: by a TCP reset, as a machine does that knows nothing of it. */
export function hangUp(request: FastifyRequest, reply: FastifyReply, { reset } = { reset: false }): FastifyReply {
  reply.hijack();
  if (reset) request.raw.socket.resetAndDestroy();
  else request.raw.socket.destroy();
  return reply;
}

export function answerWithStatus(
  reply: FastifyReply,
  words: DialectWords,
  { httpStatus = 503, retryAfterSeconds, html = false, body }: FaultOf<'status'>,
): FastifyReply {
  reply.code(httpStatus);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (html) reply.type('text/html; charset=utf-8');
  if (body !== undefined) return reply.send(body);
  return reply.send(html ? errorPage(httpStatus) : words.error(httpStatus, { error: `fault: status ${httpStatus}` }));
}

/** The beginning of the answer: as if it were all of it, or with its whole length announced and the connection closed. */
export function truncate(
  request: FastifyRequest,
  reply: FastifyReply,
  body: unknown,
  { keep = 0.5, hangUp: closes = false }: FaultOf<'truncate-answer'>,
): FastifyReply {
  const whole = JSON.stringify(body);
  const begun = whole.slice(0, Math.floor(whole.length * keep));
  if (!closes) return reply.type('application/json; charset=utf-8').send(begun);
  reply.hijack();
  reply.raw.writeHead(200, {
    ...(reply.getHeaders() as Record<string, string>),
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(whole),
  });
  reply.raw.write(begun, () => request.raw.socket.destroy());
  return reply;
}

/** The answer as Python prints a dict. */
export function malform(reply: FastifyReply, body: unknown): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body).replaceAll('"', "'"));
}

/** The kind of page that an edge puts in the place of an answer. */
function errorPage(httpStatus: number): string {
  return `<!DOCTYPE html>\n<html><head><title>${httpStatus}</title></head><body><h1>Error ${httpStatus}</h1></body></html>\n`;
}
