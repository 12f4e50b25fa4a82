import type { FastifyInstance } from 'fastify';
import type { Operation } from '../operation.js';
import type { Answer } from './carry-out.js';
import type { DialectWords } from './dialect-words.js';
import { Refusal, type RefusalBody } from './refusal.js';
import { type DialectOptions, serveDialect } from './serve-dialect.js';

/** SubModel's documents and its two SDKs contradict each other: what they differ in can be chosen. */
export interface SubmodelOptions {
  /**
   * Answers as `{ code, message, data }`, as one of the SDKs expects it; an error then comes with HTTP 200, and only its
   * `code` tells. Default false.
   */
  readonly enveloped?: boolean;
  /** `completed` for `COMPLETED`. Default false. */
  readonly lowerCaseStatuses?: boolean;
}

/** SubModel's operations, as a Fastify plugin below `/v1/sl`: the documented ones by the documented verbs; no `retry`. */
export async function submodelRoutes(
  app: FastifyInstance,
  { submodel, ...options }: DialectOptions & { readonly submodel: SubmodelOptions },
): Promise<void> {
  const words = submodelWords(submodel);
  app.setErrorHandler((error, _request, reply) => {
    if (!(error instanceof Refusal)) throw error;
    const httpStatus = submodel.enveloped ? 200 : error.httpStatus;
    return reply.code(httpStatus).headers(error.headers).send(words.error(error.httpStatus, error.body));
  });
  serveDialect(app, {
    ...options,
    words,
    keyOf: ({ headers }) => [headers['x-apikey']].flat()[0]?.trim(),
    operations: {
      run: ['POST'],
      runsync: ['POST'],
      status: ['POST'],
      'status-sync': ['POST'],
      stream: ['POST'],
      cancel: ['POST'],
      'purge-queue': ['POST'],
      health: ['GET'],
    },
  });
}

const OK_CODE = 20_000;
/** By HTTP status; any other is its hundredfold, which puts 5xx at 50000 and above. */
const ERROR_CODES: Readonly<Record<number, number>> = { 401: 40_100, 404: 40_400, 409: 40_900, 429: 40_300 };

function submodelWords({ enveloped = false, lowerCaseStatuses = false }: SubmodelOptions): DialectWords {
  return {
    answer(operation, answer) {
      const data = dataOf(operation, lowerCaseStatuses ? withLowerCaseStatus(answer) : answer);
      return enveloped ? { code: OK_CODE, message: 'success', data } : data;
    },
    error(httpStatus, body) {
      return enveloped
        ? { code: ERROR_CODES[httpStatus] ?? httpStatus * 100, message: textOf(body), data: null }
        : { error: textOf(body) };
    },
  };
}

/** Two of RunPod's shapes are smaller here: a stream is its chunks alone, and of the workers two kinds are counted. */
function dataOf(operation: Operation, { body, streamOffset = 0 }: Answer): unknown {
  if (operation === 'stream') {
    return (body.stream as readonly object[]).map((chunk, index) => ({
      metrics: { scenario: 'stream', stream_index: streamOffset + index },
      ...chunk,
    }));
  }
  if (operation === 'health') {
    const { idle, running } = body.workers as { idle: number; running: number };
    return { jobs: body.jobs, workers: { idle, running } };
  }
  return body;
}

function withLowerCaseStatus({ body, ...rest }: Answer): Answer {
  return typeof body.status === 'string'
    ? { ...rest, body: { ...body, status: body.status.toLowerCase() } }
    : { ...rest, body };
}

function textOf(body: RefusalBody): string {
  return typeof body === 'string' ? body : body.error;
}
