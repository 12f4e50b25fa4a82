import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, sleep } from '../clock.js';
import type { FaultBoard, FaultOf, Operation } from '../faults.js';
import type { Job } from '../job.js';
import type { JobEngine } from '../job-engine.js';

/** What an operation answers with 200; `job` is the one it made. */
export interface Answer {
  readonly body: object;
  readonly job?: Job;
}

export interface FaultyAnswering {
  readonly engine: JobEngine;
  readonly faults: FaultBoard;
  readonly clock: Clock;
  /** Ends held answers. */
  readonly closing: AbortSignal;
}

interface Target {
  readonly request: { readonly raw: FastifyRequest['raw'] };
  readonly reply: FastifyReply;
  readonly endpointId: string;
  readonly operation: Operation;
  /** The job that the request names, where it names one that exists. */
  lookUp(): Job | undefined;
}

/** Carries an operation out and answers, as far as the faults in force let it. Shared by all dialects. */
export async function answerUnderFaults(
  { request, reply, endpointId, operation, lookUp }: Target,
  { engine, faults, clock, closing }: FaultyAnswering,
  carryOut: () => Answer | Promise<Answer>,
): Promise<unknown> {
  const fault = faults.take({ endpoint: endpointId, operation });

  if (fault.delayMs > 0) await sleep(fault.delayMs, { clock, signal: closing });
  if (fault.answer?.kind === 'status') return answerWithStatus(reply, fault.answer);
  if (fault.answer?.kind === 'reset') return hangUp(request, reply);

  const named = fault.dropJob ? lookUp() : undefined;
  if (named) engine.delete(named);
  const { body, job: made } = await carryOut();
  if (fault.dropJob && made) engine.delete(made);

  if (fault.answerDelayMs > 0) await sleep(fault.answerDelayMs, { clock, signal: closing });
  if (fault.answer?.kind === 'lose-answer') return hangUp(request, reply);
  return body;
}

function hangUp(request: Target['request'], reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function answerWithStatus(
  reply: FastifyReply,
  { httpStatus = 503, retryAfterSeconds, html = false, body }: FaultOf<'status'>,
): FastifyReply {
  reply.code(httpStatus);
  if (retryAfterSeconds !== undefined) reply.header('retry-after', String(retryAfterSeconds));
  if (html) reply.type('text/html; charset=utf-8');
  if (body !== undefined) return reply.send(body);
  return reply.send(html ? errorPage(httpStatus) : { error: `fault: status ${httpStatus}` });
}

/** The kind of page that an edge puts in the place of an answer. */
function errorPage(httpStatus: number): string {
  return `<!DOCTYPE html>\n<html><head><title>${httpStatus}</title></head><body><h1>Error ${httpStatus}</h1></body></html>\n`;
}
