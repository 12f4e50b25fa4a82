/** The approvals that a pipeline waits for, as people see them. Pure. */
import type { JsonValue } from '../../job-api/json.js';
import type { WaitingApproval } from '../contract.js';
import type { PipelinePlan, StepPlan } from '../plan.js';
import type { PipelineState, StepState } from './pipeline-state.js';

/** An answer of a query holds them all, and a person reads the first. */
const SHOWN_MAX = 50;
const MESSAGE_MAX = 500;

/** In the order of the definition and of the items. */
export function waitingApprovals(plan: PipelinePlan, state: PipelineState): readonly WaitingApproval[] {
  const all = plan.steps.flatMap((step) => approvalsOf(step, state.steps[step.name]));
  return all.slice(0, SHOWN_MAX);
}

/** Those of one step. */
export function approvalsOf(
  { name, approval, forEach }: StepPlan,
  step: StepState | undefined,
): readonly WaitingApproval[] {
  if (approval === undefined) return [];
  return (step?.items ?? []).flatMap(({ status, input, startedAt: since }, index): WaitingApproval[] => {
    if (status !== 'running' || since === undefined) return [];
    return [
      {
        step: name,
        ...(forEach === undefined ? {} : { index }),
        ...(input === null ? {} : { message: cut(input) }),
        since,
        until: new Date(Date.parse(since) + approval.timeoutMs).toISOString(),
        onTimeout: approval.onTimeout,
      },
    ];
  });
}

function cut(message: JsonValue): string {
  const text = typeof message === 'string' ? message : JSON.stringify(message);
  return text.length <= MESSAGE_MAX ? text : `${text.slice(0, MESSAGE_MAX)}…`;
}
