import type { WorkflowFailedError } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import type { Settlement } from '../workflows/contract.js';
import {
  type ClientError,
  RunCancelled,
  RunFailed,
  type RunFailureDetails,
  type RunIdentity,
  RunTerminated,
  RunTimedOut,
} from './errors.js';

/** How a run ended that did not complete, as one of this client's errors. */
export function toRunError(
  run: RunIdentity,
  error: WorkflowFailedError,
  settlement: Settlement | undefined,
): ClientError {
  const { cause } = error;
  const options = { cause: error };
  if (cause instanceof CancelledFailure) return new RunCancelled(run, settlement, options);
  if (cause instanceof TerminatedFailure) return new RunTerminated(run, cause.message, options);
  if (cause instanceof TimeoutFailure) return new RunTimedOut(run, options);
  const failure = applicationFailure(cause);
  if (failure === undefined) {
    return new RunFailed(run, { type: cause?.name ?? 'Unknown', message: cause?.message ?? error.message }, options);
  }
  const details = failure.details?.[0] as RunFailureDetails | undefined;
  return new RunFailed(
    run,
    { type: failure.type ?? failure.name, message: failure.message, ...(details && { details }) },
    options,
  );
}

/** The failure itself, which an ActivityFailure or ChildWorkflowFailure may wrap. */
function applicationFailure(error: Error | undefined): ApplicationFailure | undefined {
  let current: unknown = error;
  while (current instanceof Error && !(current instanceof ApplicationFailure)) current = current.cause;
  return current instanceof ApplicationFailure ? current : undefined;
}
