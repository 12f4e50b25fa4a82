import type { FastifyReply, FastifyRequest } from 'fastify';
import { type Clock, sleep } from '../clock.js';
import type { FaultOf } from '../fault.js';
import type { FaultBoard } from '../fault-board.js';
import type { Job } from '../job.js';
import type { JobFault } from '../job-faults.js';
import { isSubmit, type Operation } from '../operation.js';
import type { RequestLimiter } from '../request-limiter.js';
import { answerWithStatus, hangUp, malform, truncate } from './broken-answer.js';
import { type Answer, type Call, carryOut, type OperationSettings } from './carry-out.js';
import type { DialectWords } from './dialect-words.js';
import { disconnected } from './disconnected.js';
import { Refusal } from './refusal.js';

export interface OperationServiceOptions extends OperationSettings {
  readonly faults: FaultBoard;
  readonly clock: Clock;
  /** Absent: everybody may ask as much as they like. */
  readonly limiter: RequestLimiter | undefined;
  /** Ends held answers. */
  readonly closing: AbortSignal;
}

/** One request, as the routes of a dialect read it. */
export interface ServedRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  /** Whose limits hold. */
  readonly key: string;
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

  /** Whether a fault resets the connection before the request is read. */
  isResetUnread(request: { readonly endpoint: string; readonly operation: Operation }): boolean {
    return this.#options.faults.takeUnread(request);
  }

  /** Throws a `Refusal`. */
  async serve(served: ServedRequest): Promise<unknown> {
    const { engine, faults, clock, closing } = this.#options;
    const { request, reply, endpointId, jobId, operation, words } = served;
    this.#admit(served);
    const named = engine.find(endpointId, jobId);
    const fault = faults.take({ endpoint: endpointId, operation, job: named });

    if (fault.delayMs > 0) await sleep(fault.delayMs, { clock, signal: closing });
    if (fault.answer?.kind === 'status') return answerWithStatus(reply, words, fault.answer);
    if (fault.answer?.kind === 'reset') return hangUp(request, reply);

    if (named) for (const one of fault.ofJob) engine.afflict(named, one);
    if (named && fault.dropJob) engine.delete(named);
    const answer = withLateProgress(await this.#carryOut(served, fault.ofJob), fault.lateProgress);
    if (fault.dropJob && answer.job) engine.delete(answer.job);
    served.onAnswer?.(answer);

    if (fault.answerDelayMs > 0) await sleep(fault.answerDelayMs, { clock, signal: closing });
    const body = words.answer(operation, answer);
    switch (fault.answer?.kind) {
      case 'lose-answer':
        return hangUp(request, reply);
      case 'truncate-answer':
        return truncate(request, reply, body, fault.answer);
      case 'malform-answer':
        return malform(reply, body);
      default:
        return body;
    }
  }

  #admit({ reply, key, endpointId, operation }: ServedRequest): void {
    const { limiter, engine } = this.#options;
    if (!limiter) return;
    if (isSubmit(operation) && engine.isQueueFull(endpointId)) throw tooMany(`the queue of ${endpointId} is full`);
    const admission = limiter.admit({ key, endpointId, operation });
    if (!admission.admitted) throw tooMany(admission.limit);
    if (reply.raw.destroyed) admission.leave();
    else reply.raw.once('close', () => admission.leave());
  }

  #carryOut(served: ServedRequest, faults: readonly JobFault[]): Answer | Promise<Answer> {
    const { reply, operation, endpointId, jobId, query, body } = served;
    const onSubmitted = (job: Job) => {
      for (const fault of faults) this.#options.engine.afflict(job, fault);
    };
    return carryOut(
      { operation, endpointId, jobId, query, body, disconnected: () => disconnected(reply), onSubmitted },
      this.#options,
    );
  }
}

/** Without a Retry-After: whether RunPod sends one is not known. */
function tooMany(limit: string): Refusal {
  return new Refusal(429, { error: `too many requests: ${limit}` });
}

/** A report that came after the end, and made of the ended job a running one again. */
function withLateProgress(answer: Answer, fault: FaultOf<'late-progress'> | undefined): Answer {
  if (!fault) return answer;
  const { output: _output, error: _error, executionTime: _executionTime, ...rest } = answer.body;
  const progress = 'stream' in rest ? {} : { output: fault.progress ?? 'late progress' };
  return { ...answer, body: { ...rest, status: 'IN_PROGRESS', ...progress } };
}
