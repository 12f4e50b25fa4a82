import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, sleep } from '../clock.js';
import type { FaultBoard, FaultOf } from '../faults.js';
import type { Job } from '../job.js';
import type { Operation } from '../operation.js';
import { type Answer, type Call, carryOut, type OperationSettings } from './carry-out.js';
import type { DialectWords } from './dialect-words.js';
import { disconnected } from './disconnected.js';

export interface OperationServiceOptions extends OperationSettings {
  readonly faults: FaultBoard;
  readonly clock: Clock;
  /** Ends held answers. */
  readonly closing: AbortSignal;
}

/** One request, as the routes of a dialect read it. */
export interface ServedRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly words: DialectWords;
  readonly operation: Operation;
  readonly endpointId: string;
  /** Empty where the operation names none. */
  readonly jobId: string;
  readonly query: Call['query'];
  readonly body: unknown;
  /** Told of an answer before it leaves, in RunPod's words. */
  onAnswer?(answer: Answer): void;
}

/** What every dialect's routes share: carries an operation out and answers, as far as the faults in force let it. */
export class OperationService {
  readonly #options: OperationServiceOptions;

  constructor(options: OperationServiceOptions) {
    this.#options = options;
  }

  /** Throws a `Refusal`. */
  async serve(served: ServedRequest): Promise<unknown> {
    const { engine, faults, clock, closing } = this.#options;
    const { request, reply, endpointId, jobId, operation, words } = served;
    const fault = faults.take({ endpoint: endpointId, operation });

    if (fault.delayMs > 0) await sleep(fault.delayMs, { clock, signal: closing });
    if (fault.answer?.kind === 'status') return answerWithStatus(reply, words, fault.answer);
    if (fault.answer?.kind === 'reset') return hangUp(request, reply);

    const named = fault.dropJob ? engine.find(endpointId, jobId) : undefined;
    if (named) engine.delete(named);
    const answer = await this.#carryOut(served);
    if (fault.dropJob && answer.job) engine.delete(answer.job);
    served.onAnswer?.(answer);

    if (fault.answerDelayMs > 0) await sleep(fault.answerDelayMs, { clock, signal: closing });
    if (fault.answer?.kind === 'lose-answer') return hangUp(request, reply);
    return words.answer(operation, answer);
  }

  #carryOut({ reply, operation, endpointId, jobId, query, body }: ServedRequest): Answer | Promise<Answer> {
    const onSubmitted = (_job: Job) => undefined;
    return carryOut(
      { operation, endpointId, jobId, query, body, disconnected: () => disconnected(reply), onSubmitted },
      this.#options,
    );
  }
}

function hangUp(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  reply.hijack();
  request.raw.socket.destroy();
  return reply;
}

function answerWithStatus(
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

/** The kind of page that an edge puts in the place of an answer. */
function errorPage(httpStatus: number): string {
  return `<!DOCTYPE html>\n<html><head><title>${httpStatus}</title></head><body><h1>Error ${httpStatus}</h1></body></html>\n`;
}
