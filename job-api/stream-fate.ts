import type { JobApiError } from './errors.js';
import { ExchangeFailed } from './http/exchange.js';

/**
 * Whether a read of a stream that failed may have taken chunks with it: reads are destructive, so what a provider had put
 * into an answer that never came is gone. Not where no byte left, or the provider refused (4xx).
 */
export function mayHaveTaken({ code, httpStatus, cause }: JobApiError): boolean {
  if (code !== 'Unavailable' && code !== 'ProtocolError') return false;
  if (cause instanceof ExchangeFailed && !cause.sent) return false;
  return httpStatus === undefined || httpStatus < 400 || httpStatus >= 500;
}
