import type { WorkflowExecutionDescription } from '@temporalio/client';
import { type Progress, type WaitingApproval, WORKFLOW_TYPES } from '../workflows/contract.js';

/** Open runs below one that are asked at a time: a look should stay cheap, and a person reads no more. */
const ASKED_MAX = 50;

type PendingChild = NonNullable<WorkflowExecutionDescription['raw']['pendingChildren']>[number];

export interface AskRuns {
  /** The children of a run that have not ended. */
  pendingChildren(workflowId: string): Promise<readonly PendingChild[]>;
  progress(workflowId: string): Promise<Progress>;
}

/**
 * Approvals that the nested pipelines below a run wait for, however deep, each with the id of the run that takes the
 * decision. Asked of Temporal, for a run is not told what its nested ones wait for. Of those that cannot be asked, for
 * they end meanwhile or no worker answers, there are none.
 */
export async function nestedApprovals(workflowId: string, ask: AskRuns): Promise<readonly WaitingApproval[]> {
  const found: WaitingApproval[] = [];
  let level: readonly string[] = [workflowId];
  for (let left = ASKED_MAX; level.length > 0 && left > 0; ) {
    const children = (await Promise.all(level.map((id) => ask.pendingChildren(id).catch(() => [])))).flat();
    const below = children.flatMap(({ workflowId: id, workflowTypeName: type }) =>
      id && (type === WORKFLOW_TYPES.nested || type === WORKFLOW_TYPES.slice) ? [{ id, type }] : [],
    );
    const asked = below.slice(0, left);
    left -= asked.length;
    const nested = asked.filter(({ type }) => type === WORKFLOW_TYPES.nested);
    const waits = await Promise.all(
      nested.map(async ({ id }) => {
        const { approvals = [] } = await ask.progress(id).catch((): Partial<Progress> => ({}));
        return approvals.map((approval) => ({ ...approval, workflowId: id }));
      }),
    );
    found.push(...waits.flat());
    level = asked.map(({ id }) => id);
  }
  return found;
}
