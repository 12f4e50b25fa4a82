import {
  ApplicationFailure,
  CancelledFailure,
  isCancellation,
  patched,
  proxyLocalActivities,
  TemporalFailure,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/contract.js';
import { LOCAL_ACTIVITY_OPTIONS } from '../activity-options.js';
import type { RunBudget } from '../budget/run-budget.js';
import { wholeBudget } from '../budget/signals.js';
import type { JobInput, JobResult } from '../contract.js';
import { inTurn } from '../local-turn.js';
import type { Intake, JobPlan } from '../plan.js';
import { type FollowOptions, followJob } from './follow-job.js';
import { failureOf, resultOf } from './job-result.js';
import { unwrapFailure } from './read-failure.js';

const { intake } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

export interface RunJobOptions extends FollowOptions {
  /** Called when the input was found good, before the first submit. */
  onTaken(intake: Intake<JobPlan>, budget?: RunBudget): void;
}

/** How a job ended, as its caller is told. */
export type JobOutcome =
  | { readonly kind: 'completed'; readonly result: JobResult }
  | { readonly kind: 'failed'; readonly failure: TemporalFailure }
  | { readonly kind: 'cancelled' };

/**
 * One remote job from its unchecked input to its end: what the workflow `job` and the workflows of other people do alike.
 * Never throws for what can happen to a job or its input.
 */
export async function runJob(input: JobInput, options: RunJobOptions): Promise<JobOutcome> {
  let isSent = false;
  try {
    const taken = await inTurn(
      () => intake({ kind: 'job', input }),
      () => patched('local-activities-in-turn'),
    );
    isSent = true;
    const { settings, input: value } = taken.plan;
    const budget = taken.plan.budget && wholeBudget(taken.plan.budget);
    options.onTaken(taken, budget);
    const end = await followJob(settings, value, { ...options, ...(budget === undefined ? {} : { budget }) });
    switch (end.kind) {
      case 'completed':
        return { kind: 'completed', result: resultOf(end, options.record) };
      case 'failed':
        return { kind: 'failed', failure: failureOf(end, options.record) };
      case 'cancelled':
        return end;
    }
  } catch (error) {
    if (isCancellation(error)) return { kind: 'cancelled' };
    const failure = unwrapFailure(error);
    if (failure instanceof TemporalFailure) return { kind: 'failed', failure };
    if (!isSent) return { kind: 'failed', failure: unsendable(failure) };
    throw failure;
  }
}

/** Of what is no JSON, as a circle or a `BigInt`: thrown as it is, it would fail the workflow task, over and over. */
function unsendable(error: unknown): ApplicationFailure {
  const why = error instanceof Error ? error.message : String(error);
  return ApplicationFailure.nonRetryable(`the input of a job cannot be written as JSON: ${why}`, 'InvalidRequest');
}

/** @throws {ApplicationFailure} with the type of what went wrong @throws {CancelledFailure} */
export function resultOrThrow(outcome: JobOutcome): JobResult {
  switch (outcome.kind) {
    case 'completed':
      return outcome.result;
    case 'failed':
      throw outcome.failure;
    case 'cancelled':
      throw new CancelledFailure('the run was cancelled and its jobs were settled');
  }
}
