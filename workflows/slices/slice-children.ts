import {
  ActivityFailure,
  ApplicationFailure,
  ChildWorkflowCancellationType,
  type ChildWorkflowHandle,
  isCancellation,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import { NOTHING_SPENT } from '../budget/account.js';
import type { RunBudget } from '../budget/run-budget.js';
import { tellChild } from '../budget/signals.js';
import { type SearchAttributeName, WORKFLOW_TYPES } from '../contract.js';
import { keepSlice } from '../jobs/stream-places.js';
import { childWorkflowId } from '../pipelines/child-id.js';
import type { SliceReport, StepError } from '../pipelines/pipeline-state.js';
import { searchAttributePairs } from '../search-attributes.js';
import type { slice as sliceWorkflow } from '../slice.js';
import { GRANT_SLOTS_SIGNAL, type SliceInput, type SliceResult, type SlotsGranted } from '../slice-contract.js';

/** A slice that runs as a child. */
export interface SliceChild {
  readonly result: Promise<SliceResult>;
  /** Slots that arrive after its end are of no use, and no harm. */
  grant(slots: number): void;
}

/**
 * Starts a slice; a cancel of the surrounding scope is passed on, and the result then says what became of its jobs.
 *
 * @param count of its items
 * @param registered search attributes of the namespace: a start with another is refused
 */
export function startSlice(
  input: SliceInput,
  count: number,
  registered: readonly SearchAttributeName[],
  budget?: RunBudget,
): SliceChild {
  const { step, slice, from, tenant } = input;
  const workflowId = childWorkflowId(workflowInfo().workflowId, step, slice);
  keepSlice({ step, from, count, workflowId });
  // Its items are known to be submitted, so it need not ask for each.
  const part = budget?.share(
    workflowId,
    count,
    tellChild(() => child),
  );
  const child: Promise<ChildWorkflowHandle<typeof sliceWorkflow>> = startChild<typeof sliceWorkflow>(
    WORKFLOW_TYPES.slice,
    {
      workflowId,
      args: [{ ...input, reportsSettling: true, ...(part === undefined ? {} : { budget: part }) }],
      staticSummary: `${step}: items from ${from}`,
      ...(tenant === undefined
        ? {}
        : { typedSearchAttributes: searchAttributePairs({ JobRelayTenant: tenant }, registered) }),
      // However the pipeline ends, its slices settle their jobs.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    },
  );
  const result = child.then((handle) => handle.result());
  return {
    result: budget === undefined ? result : accountedFor(budget, workflowId, result),
    grant(slots) {
      child
        .then((handle) => handle.signal(GRANT_SLOTS_SIGNAL, { slots } satisfies SlotsGranted))
        .catch(() => undefined);
    },
  };
}

/** One that was terminated cannot tell what it spent; one that was cancelled before it began has spent nothing. */
async function accountedFor(budget: RunBudget, workflowId: string, result: Promise<SliceResult>): Promise<SliceResult> {
  try {
    const ended = await result;
    budget.ended(workflowId, ended.spent);
    return ended;
  } catch (error) {
    budget.ended(workflowId, isCancellation(error) ? NOTHING_SPENT : undefined);
    throw error;
  }
}

/** What a slice is known by within its run. */
export function keyOf({ step, slice }: { readonly step: string; readonly slice: number }): string {
  return `${step}/${slice}`;
}

/** Of a slice that was terminated, or never started because the cancel was faster: it has no result to tell of its jobs. */
export function endWithoutResult(slice: number, error: unknown): Omit<SliceReport, 'step' | 'slice'> {
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const message = `slice ${slice} ended without a result: ${cause instanceof Error ? cause.message : cause}`;
  return { done: 0, failed: 0, freed: 0, broken: { type: 'StepFailed', message } };
}

/** Of results that could not be stored or joined. */
export function whyNotGathered(error: unknown): StepError {
  const cause = error instanceof ActivityFailure ? (error.cause ?? error) : error;
  const type = cause instanceof ApplicationFailure ? cause.type : undefined;
  return {
    // What a store that is away fails with, say, is none of the types that a run has.
    type: type === 'ValueTooLarge' || type === 'InputRejected' ? type : 'StepFailed',
    message: `its results could not be joined: ${cause instanceof Error ? cause.message : cause}`,
  };
}
