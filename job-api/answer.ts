/** What the dialects share in reading an answer: its JSON, its words, and what an HTTP status means everywhere. */
import { type Call, describeCall } from './call.js';
import type { WireAnswer } from './dialect.js';
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
} from './errors.js';
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

/**
 * The error of an answer whose HTTP status is not a success.
 *
 * @param words what the provider says is wrong, taken out of its envelope by the dialect
 */
export function refusal(call: Call, answer: WireAnswer, words: string | undefined): JobApiError {
  const { httpStatus } = answer;
  const said = isHtml(answer)
    ? ' with an HTML page (from a proxy or firewall, not from the job API)'
    : words === undefined
      ? ' without a message'
      : `: ${answer.quote(words)}`;
  const sentence = `${describeCall(call)}: HTTP ${httpStatus}${said}`;
  const details = detailsOf(answer);
  switch (httpStatus) {
    case 401:
    case 403:
      return new Unauthorized(`${sentence} (check the provider's API key)`, details);
    case 402:
      return new InsufficientCredit(`${sentence} (top up the account)`, details);
    case 404:
      return notFound(call, answer, words, sentence);
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
function notFound(call: Call, answer: WireAnswer, words: string | undefined, sentence: string): JobApiError {
  const details = detailsOf(answer);
  if (!('jobId' in call)) return new EndpointNotFound(`${sentence} (check the endpoint id)`, details);
  // Taken at its word, a proxy's page would turn a running job into a lost one, and have it paid for twice.
  if (isHtml(answer)) return new ProtocolError(sentence, details);
  const namesEndpointAlone = /\bendpoint\b/i.test(words ?? '') && !/\b(job|request)\b/i.test(words ?? '');
  return namesEndpointAlone ? new EndpointNotFound(sentence, details) : new JobNotFound(sentence, details);
}

export function detailsOf(answer: WireAnswer): JobApiErrorOptions {
  const retryAfterMs = parseRetryAfter(answer.headers['retry-after'], answer.receivedAtMs);
  return {
    httpStatus: answer.httpStatus,
    body: answer.quote(answer.body),
    ...(retryAfterMs !== undefined && { retryAfterMs }),
  };
}
