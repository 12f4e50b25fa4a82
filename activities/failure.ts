/** The one place where an error becomes a Temporal failure. Codes and types are the same words (docs/architecture.md, Errors). */
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ArtifactError, ValueTooLarge } from '../artifacts/index.js';
import { CircuitOpen } from '../job-api/circuits/circuit.js';
import { HeldBack, JobApiError } from '../job-api/errors.js';
import type { FailureType } from '../workflows/contract.js';
import type { JobEndDetails } from './contract.js';

/** `type` of the failure with which a waiting activity gives up its slot: not an error, the job is just not ready. */
export const JOB_PENDING = 'JobPending';

/** An error of ours that says which failure it is, so that this file need not know every class. */
interface TypedError extends Error {
  readonly type: FailureType;
  readonly details?: unknown;
}

function isTyped(error: unknown): error is TypedError {
  return error instanceof Error && 'type' in error && typeof error.type === 'string';
}

/**
 * Maps an error of the remote side, of a definition or of an input to the failure the workflow sees. Anything else is
 * returned as it is: the SDK makes a retryable failure of it.
 *
 * @param details - first detail of the failure, what the workflow needs to know beside the message
 * @param retry - `final` ends the retries of an error that could be retried
 */
export function toFailure(error: unknown, details?: unknown, retry: 'by-error' | 'final' = 'by-error'): unknown {
  if (error instanceof ApplicationFailure) return error;
  if (error instanceof JobApiError) {
    return ApplicationFailure.create({
      message: error.body === undefined ? error.message : `${error.message}: ${error.body}`,
      type: error.code,
      nonRetryable: retry === 'final' || !error.retryable,
      ...(details === undefined ? {} : { details: [details] }),
      ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: Math.max(1, error.retryAfterMs) }),
      // To wait one's turn is no fault of anybody.
      ...((error instanceof HeldBack || error instanceof CircuitOpen) && {
        category: ApplicationFailureCategory.BENIGN,
      }),
    });
  }
  if (error instanceof ArtifactError) {
    // A reference that leads nowhere was given by whoever made the value; asking again finds nothing either.
    const type = error instanceof ValueTooLarge ? 'ValueTooLarge' : 'InputRejected';
    return finalFailure(type, error.message, details);
  }
  if (isTyped(error)) {
    const detail = details ?? error.details;
    return ApplicationFailure.create({
      message: error.message,
      type: error.type,
      nonRetryable: true,
      ...(detail === undefined ? {} : { details: [detail] }),
    });
  }
  return error;
}

/** A failure that no retry mends. */
export function finalFailure(type: FailureType, message: string, details?: unknown): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type, ...(details === undefined ? [] : [details]));
}

/**
 * How a job ended, where it did not complete. BENIGN: the activity did its work, and a failed job is no fault of the
 * worker that would belong into its log and its failure metrics.
 */
export function jobEnded(type: FailureType, message: string, details: JobEndDetails): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type,
    nonRetryable: true,
    details: [details],
    category: ApplicationFailureCategory.BENIGN,
  });
}

/** A failure after which the server tries again, even where the same error of a submit would be final. */
export function retryableFailure(error: JobApiError, delayMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    message: error.body === undefined ? error.message : `${error.message}: ${error.body}`,
    type: error.code,
    nextRetryDelay: Math.max(1, Math.round(delayMs)),
    ...(error instanceof HeldBack && { category: ApplicationFailureCategory.BENIGN }),
  });
}

/**
 * Leaves the slot and comes back later. BENIGN: no failure metric, no warning in the log.
 *
 * @param delayMs - a delay of 0 would end the activity (the server reads it as "no more retries"), so at least 1
 */
export function comeBackIn(delayMs: number, message: string): ApplicationFailure {
  return ApplicationFailure.create({
    message,
    type: JOB_PENDING,
    nextRetryDelay: Math.max(1, Math.round(delayMs)),
    category: ApplicationFailureCategory.BENIGN,
  });
}
