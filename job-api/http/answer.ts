/** What the dialects share in reading an answer: its JSON, its words, and what an HTTP status means everywhere. */

import type { WireAnswer } from '../dialect.js';
import {
  EndpointNotFound,
  InsufficientCredit,
  InvalidRequest,
  type JobApiError,
  type JobApiErrorOptions,
  JobNotFound,
  PayloadTooLarge,
  ProtocolError,
  RateLimited,
  Unauthorized,
  Unavailable,
} from '../errors.js';
import { type Call, describeCall } from './call.js';
import { parseRetryAfter } from './retry-after.js';

export function isSuccess({ httpStatus }: WireAnswer): boolean {
  return httpStatus >= 200 && httpStatus < 300;
}

/** The page of a proxy or firewall that stands before the provider, and knows nothing of jobs. */
export function isHtml({ headers, body }: WireAnswer): boolean {
  return (
    /^text\/html\b/i.test(headers['content-type'] ?? '') || /^\s*<(!doctype html|html)\b/i.test(body.slice(0, 256))
  );
}

/** The answer's JSON. Throws `ProtocolError` where there is none. */
export function parseJson(call: Call, answer: WireAnswer): unknown {
  try {
    return JSON.parse(answer.body);
  } catch {
    throw protocolError(
      call,
      answer,
      answer.body === '' ? 'the body is empty' : isHtml(answer) ? 'an HTML page, not JSON' : 'not JSON',
    );
  }
}

/** The error of an answer that is not what the dialect says. */
export function protocolError(call: Call, answer: WireAnswer, problem: string): ProtocolError {
  return new ProtocolError(`${describeCall(call)}: HTTP ${answer.httpStatus}, but ${problem}`, detailsOf(answer));
}

export interface RefusalReading {
  /** What the provider says is wrong, taken out of its envelope by the dialect. */
  readonly words: string | undefined;
  /** The status that the answer amounts to, where an envelope says another than HTTP. */
  readonly httpStatus?: number;
  /** What the message says of both; absent: HTTP's. */
  readonly said?: string;
  /** What to do about a refused key or an empty account, where it is not the caller's. */
  readonly remedy?: string;
  /** A 401 may pass by itself. */
  readonly transientUnauthorized?: boolean;
}

/** The error of an answer that is a refusal. */
export function refusal(call: Call, answer: WireAnswer, reading: RefusalReading): JobApiError {
  const { words, httpStatus = answer.httpStatus, said = `HTTP ${answer.httpStatus}`, remedy } = reading;
  const quoted = isHtml(answer)
    ? ' with an HTML page (from a proxy or firewall, not from the job API)'
    : words === undefined
      ? ' without a message'
      : `: ${answer.quote(words)}`;
  const sentence = `${describeCall(call)}: ${said}${quoted}`;
  const details = { ...detailsOf(answer), httpStatus };
  // Said with 400, and with 502 by the edge in front of it.
  if (/exceeded max body size/i.test(words ?? '')) return new PayloadTooLarge(sentence, details);
  switch (httpStatus) {
    case 401:
    case 403:
      return new Unauthorized(`${sentence} (${remedy ?? "check the provider's API key"})`, {
        ...details,
        transient: httpStatus === 401 && reading.transientUnauthorized === true,
      });
    case 402:
      return new InsufficientCredit(`${sentence} (${remedy ?? 'top up the account'})`, details);
    case 404:
      return notFound(call, answer, words, sentence, details);
    case 408:
      return new Unavailable(sentence, details);
    case 413:
      return new PayloadTooLarge(sentence, details);
    case 429:
      return new RateLimited(sentence, details);
  }
  if (httpStatus >= 500) return new Unavailable(sentence, details);
  if (httpStatus < 400) return new InvalidRequest(`${sentence} (a redirect? check the provider's baseUrl)`, details);
  return new InvalidRequest(sentence, details);
}

/** "Endpoint gone" and "job gone" have the same status, and part by their words alone. */
function notFound(
  call: Call,
  answer: WireAnswer,
  words: string | undefined,
  sentence: string,
  details: JobApiErrorOptions,
): JobApiError {
  if (!('jobId' in call)) return new EndpointNotFound(`${sentence} (check the endpoint id)`, details);
  // Taken at its word, a proxy's page would turn a running job into a lost one, and have it paid for twice.
  if (isHtml(answer)) return new ProtocolError(sentence, details);
  const namesEndpointAlone = /\bendpoint\b/i.test(words ?? '') && !/\b(job|request)\b/i.test(words ?? '');
  return namesEndpointAlone ? new EndpointNotFound(sentence, details) : new JobNotFound(sentence, details);
}

/** What an error body says: mostly `{"error":"…"}`, at times `{"message":"…"}` or plain text. */
export function wordsOf(body: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return body.trim() || undefined;
  }
  const { error, message } = Object(value) as { readonly error?: unknown; readonly message?: unknown };
  return [error, message, value].find((words): words is string => typeof words === 'string' && words !== '');
}

export function detailsOf(answer: WireAnswer): JobApiErrorOptions {
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], answer.receivedAtMs);
  return {
    httpStatus: answer.httpStatus,
    body: answer.quote(answer.body),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
