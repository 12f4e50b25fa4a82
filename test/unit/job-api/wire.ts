/** A dialect by itself: a call put into words, and an answer as a client would have received it. */

import type { Dialect, WireAnswer, WireRequest } from '../../../job-api/dialect.js';
import { JobApiError } from '../../../job-api/errors.js';
import type { Call } from '../../../job-api/http/call.js';
import { quoteWithout } from '../../../job-api/http/quote.js';
import { wireRequest } from '../../../job-api/http/request.js';

export function request(dialect: Dialect, call: Call): WireRequest {
  const route = dialect.routes[call.operation];
  if (route === undefined) throw new Error(`${dialect.vendor} has no ${call.operation}`);
  return wireRequest(dialect, route, call);
}

export function answer(body: unknown, httpStatus = 200, headers: Record<string, string> = {}): WireAnswer {
  return {
    httpStatus,
    headers,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    receivedAtMs: 0,
    quote: quoteWithout([]),
  };
}

export function errorOf(read: () => unknown): JobApiError {
  try {
    read();
  } catch (error) {
    if (error instanceof JobApiError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}
