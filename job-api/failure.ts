import { JobApiError, type NamedJob, ProtocolError, SubmitAmbiguous, Unavailable } from './errors.js';
import { type Call, describeCall, isSubmit, type SubmitCall } from './http/call.js';
import { ExchangeFailed } from './http/exchange.js';

/**
 * What a call rejects with, from what went wrong in it: in the exchange, in the answer, or in the reading of it.
 *
 * A submit is judged apart. Where no byte left, or the provider said no (4xx), no job was made, and the error says so by
 * its kind. Anything else leaves the fate of the job open, since no provider takes an idempotency key: repeated blindly,
 * it would be paid for twice.
 *
 * @param named - asked for the job that the broken answer to a submit names
 */
export function failureOf(
  call: Call,
  error: unknown,
  named: (submit: SubmitCall) => NamedJob | undefined = () => undefined,
): JobApiError {
  const failure = asJobApiError(call, error);
  if (!isSubmit(call) || !leavesFateOpen(failure, error)) return failure;
  const job = named(call);
  return new SubmitAmbiguous(
    `${failure.message}; whether a job was made is not known, so repeating the submit may pay for two`,
    {
      cause: failure,
      ...(failure.httpStatus !== undefined && { httpStatus: failure.httpStatus }),
      ...(failure.body !== undefined && { body: failure.body }),
      ...(job !== undefined && { job }),
    },
  );
}

function asJobApiError(call: Call, error: unknown): JobApiError {
  if (error instanceof JobApiError) return error;
  const message = `${describeCall(call)}: ${error instanceof Error ? error.message : String(error)}`;
  return error instanceof ExchangeFailed && error.reason !== 'too-large'
    ? new Unavailable(message, { cause: error })
    : new ProtocolError(message, { cause: error });
}

function leavesFateOpen({ code, httpStatus }: JobApiError, error: unknown): boolean {
  if (code !== 'Unavailable' && code !== 'ProtocolError') return false;
  if (error instanceof ExchangeFailed && !error.sent) return false;
  return httpStatus === undefined || httpStatus < 400 || httpStatus >= 500;
}
