import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Refusal } from './refusal.js';

const MIB = 1024 * 1024;

/**
 * Reads bodies as RunPod does: JSON whatever the content type says, an empty body as none, and one over the route's
 * `bodyLimit` refused with 400 and a text, not with 413.
 */
export function readBodiesLikeRunpod(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', async (request: FastifyRequest, payload: AsyncIterable<Buffer>) => {
    const text = await readText(payload, request.routeOptions.bodyLimit ?? MIB);
    if (text.trim() === '') return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new Refusal(400, 'bad request: body: not valid JSON');
    }
  });
}

/** Reads to the end even what is too large: a client that is still writing would not see an earlier answer. */
async function readText(payload: AsyncIterable<Buffer>, maxBytes: number): Promise<string> {
  let bytes = 0;
  const parts: Buffer[] = [];
  for await (const part of payload) {
    bytes += part.length;
    if (bytes <= maxBytes) parts.push(part);
  }
  if (bytes > maxBytes) throw new Refusal(400, `bad request: body: exceeded max body size of ${maxBytes / MIB}MiB`);
  return Buffer.concat(parts).toString('utf8');
}
