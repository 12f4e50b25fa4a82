import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { HeldBack, JobApiError } from '../job-api/errors.js';
import type { CancelJobRequest, CancelJobResult } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { comeBackIn, finalFailure } from './failure.js';
import { endDetails, finishJob } from './finish-job.js';
import { withHeartbeats } from './heartbeats.js';
import { withKeptLog } from './kept-log.js';
import { reportSettled } from './report-settled.js';
import { type Settled, settle } from './settle.js';

/** Attempts that may fail for reasons of our own; those that only waited for their turn do not count. */
const ATTEMPTS = 6;
/** What an attempt has at least, however late it comes: after an outage of ours, a worker that has just started is slow. */
const LEAST_MS = 5_000;

/** Heartbeat details: what the waits that were asked of us have taken, since they must not spend what a job is given. */
interface CancelState {
  /** Waits for our own limits. */
  readonly turns: number;
  readonly waitedMs: number;
  /** When the wait began that this attempt ends. */
  readonly waitingSince?: number;
}

/**
 * Settles a job that is no longer wanted: reads, cancels, and watches it to its end within a budget that counts from the
 * scheduling, so that an attempt after an outage does not start it anew. Never fails because of the provider: a job that
 * could not be seen to end is `unconfirmed`. Where many are cancelled at once, most wait for their turn within the
 * provider's limits; that counts neither as an attempt nor into the budget. Where the provider itself names a time after
 * the budget, it is asked again then: that counts as an attempt.
 */
export async function cancelJob(request: CancelJobRequest, deps: ActivityDeps): Promise<CancelJobResult> {
  return await withKeptLog(request.streamedBy, deps.store, () => settleJob(request, deps));
}

async function settleJob(request: CancelJobRequest, deps: ActivityDeps): Promise<CancelJobResult> {
  const context = Context.current();
  const { handle, endpoint, budgetMs } = request;
  const state = readState(context.info.heartbeatDetails);
  if (context.info.attempt - state.turns > ATTEMPTS) {
    throw finalFailure('Unavailable', `${ATTEMPTS} attempts to settle job ${handle.jobId} failed`);
  }
  const deadline = Math.max(activityInfo().scheduledTimestampMs + budgetMs + state.waitedMs, Date.now() + LEAST_MS);
  // No signal: whatever ends this attempt, the job is unwanted, and each further step towards its end is right. The
  // heartbeats do not wait for its steps: a provider that lets a request hang takes as long as a heartbeat may.
  const settled = await withHeartbeats(state, () =>
    settle(deps.jobApi(handle.provider), handle, { deadline, comesBack: true }),
  ).catch((error: unknown) => {
    if (!(error instanceof JobApiError) || error.retryAfterMs === undefined) throw error;
    const turns = state.turns + (error instanceof HeldBack ? 1 : 0);
    context.heartbeat({ ...state, turns, waitingSince: Date.now() } satisfies CancelState);
    throw comeBackIn(error.retryAfterMs, error.message);
  });
  const { delayTimeMs, executionTimeMs, estimatedCostUsd, retries } = endDetails(
    handle,
    endpoint,
    deps.config,
    settled.job,
    true,
  );
  const completed = await keepResult(settled, request, deps);
  // Not earlier: where the result could not be kept, the next attempt settles it once more, and would count it again.
  reportSettled(context, {
    ...{ handle, outcome: settled.outcome, cancels: settled.cancels },
    why: request.why ?? 'cancelled',
    since: activityInfo().scheduledTimestampMs,
  });
  return {
    outcome: settled.outcome,
    ...(completed === undefined ? {} : { completed }),
    ...(delayTimeMs === undefined ? {} : { delayTimeMs }),
    ...(executionTimeMs === undefined ? {} : { executionTimeMs }),
    ...(estimatedCostUsd === undefined ? {} : { estimatedCostUsd }),
    ...(retries === undefined ? {} : { retries }),
  };
}

async function keepResult(settled: Settled, request: CancelJobRequest, deps: ActivityDeps) {
  if (settled.outcome !== 'finished-first' || settled.job?.status !== 'COMPLETED') return undefined;
  try {
    return await finishJob(settled.job, request, deps);
  } catch (error) {
    // A result that fails its schema is no result; the job is settled all the same.
    if (error instanceof ApplicationFailure && error.nonRetryable) return undefined;
    throw error;
  }
}

function readState(details: unknown): CancelState {
  const { turns = 0, waitedMs = 0, waitingSince } = (details ?? {}) as Partial<CancelState>;
  return { turns, waitedMs: waitedMs + (waitingSince === undefined ? 0 : Date.now() - waitingSince) };
}
