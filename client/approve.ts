import { type WorkflowHandle, WorkflowNotFoundError, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { APPROVE, type ApprovalDecision, type ApproveRequest, type FailureType } from '../workflows/contract.js';
import { ApprovalRefused } from './errors.js';

/** What the SDK fails an update with that the workflow has no handler for: a job, or one of somebody's own. */
const NO_HANDLER = /^No registered handler for update/;

/**
 * Decides an approval, by the update of the workflow.
 *
 * @param closedAs how the run ended, where it has: asked only if Temporal no longer takes an update.
 * @throws {ApprovalRefused}; else what the SDK throws.
 */
export async function approveStep(
  handle: WorkflowHandle,
  request: ApproveRequest,
  closedAs: () => Promise<string | undefined>,
): Promise<ApprovalDecision> {
  try {
    return await handle.executeUpdate<ApprovalDecision, [ApproveRequest]>(APPROVE, { args: [request] });
  } catch (error) {
    const { workflowId } = handle;
    const options = { cause: error };
    if (error instanceof WorkflowUpdateFailedError) {
      const { cause } = error;
      if (cause instanceof ApplicationFailure && cause.type === ('ApprovalRefused' satisfies FailureType)) {
        throw new ApprovalRefused(workflowId, cause.message, options);
      }
      if (NO_HANDLER.test(cause?.message ?? '')) {
        throw new ApprovalRefused(workflowId, 'it is no pipeline, and has no approvals', options);
      }
    }
    if (error instanceof WorkflowNotFoundError) {
      const status = await closedAs();
      if (status !== undefined) throw new ApprovalRefused(workflowId, `it has ended: ${status}`, options);
    }
    throw error;
  }
}
