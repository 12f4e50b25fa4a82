import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  startChild,
  uuid4,
  workflowInfo,
} from '@temporalio/workflow';
import { WORKFLOW_TYPES } from './contract.js';
import type { slice } from './slice.js';
import { GRANT_SLOTS_SIGNAL, type SliceInput, type SliceResult, type SlotsGranted } from './slice-contract.js';

/** A slice that runs as a child. */
export interface SliceChild {
  readonly result: Promise<SliceResult>;
  /** Slots that arrive after its end are of no use, and no harm. */
  grant(slots: number): void;
}

/** Starts a slice; a cancel of the surrounding scope is passed on, and the result then says what became of its jobs. */
export function startSlice(input: SliceInput): SliceChild {
  const { workflowId } = workflowInfo();
  const child = startChild<typeof slice>(WORKFLOW_TYPES.slice, {
    // After a reset the slices of the run before it may still be settling their jobs, so an id is not used twice. Random
    // and yet replayed: a reset changes what is drawn from there on, and only from there.
    workflowId: `${workflowId}/${input.step}/${input.slice}/${uuid4().slice(0, 8)}`,
    args: [input],
    staticSummary: `${input.step}: items from ${input.from}`,
    // However the pipeline ends, its slices settle their jobs.
    parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
    cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  return {
    result: child.then((handle) => handle.result()),
    grant(slots) {
      child
        .then((handle) => handle.signal(GRANT_SLOTS_SIGNAL, { slots } satisfies SlotsGranted))
        .catch(() => undefined);
    },
  };
}
