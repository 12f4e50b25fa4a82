/** Reads what an activity's failure means. Pure: failures in, plain unions out. */
import { ActivityFailure, ApplicationFailure, CancelledFailure, TimeoutFailure } from '@temporalio/common';
import type { JobEndDetails, SubmitPhase } from '../../activities/contract.js';
import type { JobHandle } from '../../job-api/job.js';
import type { FailureType } from '../contract.js';

export type SubmitEnd =
  /** The provider may have a job of which only the handle's absence is known. */
  | { readonly kind: 'ambiguous'; readonly message: string; readonly correlationKey?: string }
  /** The job is there, although the submit's activity did not end well. */
  | { readonly kind: 'accepted'; readonly handle: JobHandle }
  /** Certainly nothing was accepted, and the worker that tried is gone: the same submit is safe to repeat. */
  | { readonly kind: 'safe-to-repeat' }
  | { readonly kind: 'cancelled' }
  /** `skipped`: nothing was sent, since the endpoint is left alone for a while. */
  | { readonly kind: 'refused'; readonly type: FailureType; readonly message: string; readonly skipped?: true };

/** What a failed `submitJob` says about the job, by the phase it had on record. */
export function readSubmitFailure(error: unknown): SubmitEnd {
  const cause = causeOf(error);
  const phase = phaseOf(cause);
  if (phase?.phase === 'accepted') return { kind: 'accepted', handle: phase.handle };
  if (phase?.phase === 'sending') {
    const { correlationKey } = phase;
    return {
      kind: 'ambiguous',
      message: messageOf(cause),
      ...(correlationKey === undefined ? {} : { correlationKey }),
    };
  }
  if (cause instanceof CancelledFailure) return { kind: 'cancelled' };
  if (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED') return { kind: 'cancelled' };
  if (cause instanceof TimeoutFailure) return { kind: 'safe-to-repeat' };
  const refused = { kind: 'refused', type: typeOf(cause), message: messageOf(cause) } as const;
  return phase?.phase === 'refused' && phase.circuit === 'open' ? { ...refused, skipped: true } : refused;
}

export type AwaitEnd =
  | { readonly kind: 'cancelled' }
  | {
      readonly kind: 'failed';
      readonly type: FailureType;
      readonly message: string;
      /** Absent where the activity itself was given up. */
      readonly details?: JobEndDetails;
    };

/** What a failed `awaitJob` says about the job. */
export function readAwaitFailure(error: unknown): AwaitEnd {
  const cause = causeOf(error);
  if (cause instanceof CancelledFailure) return { kind: 'cancelled' };
  if (error instanceof ActivityFailure && error.retryState === 'CANCEL_REQUESTED') return { kind: 'cancelled' };
  if (cause instanceof TimeoutFailure || (error instanceof ActivityFailure && error.retryState === 'TIMEOUT')) {
    // The ttl and its margin are over: a `nextRetryDelay` beyond scheduleToClose ends an activity as a failure, not as a timeout.
    return { kind: 'failed', type: 'JobLost', message: 'the job was not seen to end within its ttl' };
  }
  const [details] = (cause instanceof ApplicationFailure ? cause.details : undefined) ?? [];
  return {
    kind: 'failed',
    type: typeOf(cause),
    message: messageOf(cause),
    ...(isEndDetails(details) ? { details } : {}),
  };
}

/** The failure of a run: what the activity failed with, in place of "Activity task failed". */
export function unwrapFailure(error: unknown): unknown {
  const cause = causeOf(error);
  if (!(error instanceof ActivityFailure) || !(cause instanceof ApplicationFailure)) return error;
  return ApplicationFailure.nonRetryable(cause.message, cause.type ?? undefined, ...(cause.details ?? []));
}

function causeOf(error: unknown): unknown {
  return error instanceof ActivityFailure ? error.cause : error;
}

function phaseOf(cause: unknown): SubmitPhase | undefined {
  const details =
    cause instanceof TimeoutFailure
      ? cause.lastHeartbeatDetails
      : cause instanceof ApplicationFailure || cause instanceof CancelledFailure
        ? cause.details?.[0]
        : undefined;
  return typeof details === 'object' && details !== null && 'phase' in details ? (details as SubmitPhase) : undefined;
}

function isEndDetails(details: unknown): details is JobEndDetails {
  return typeof details === 'object' && details !== null && 'jobId' in details && 'ended' in details;
}

function typeOf(cause: unknown): FailureType {
  return (cause instanceof ApplicationFailure && cause.type ? cause.type : 'ProtocolError') as FailureType;
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}
