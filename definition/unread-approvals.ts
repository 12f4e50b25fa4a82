import type { StepPlan } from '../workflows/plan.js';
import type { Problem } from './problems.js';
import { parseExpression } from './references.js';
import { expressionsIn } from './template.js';

/** Approvals that steps wait for without looking at the decision: they run whatever it is. */
export function unreadApprovals(steps: readonly StepPlan[]): readonly Problem[] {
  return steps.flatMap(({ name, approval }) => {
    if (approval?.onReject !== 'continue') return [];
    const waiting = steps.filter(({ needs }) => needs.includes(name));
    if (waiting.length === 0 || waiting.some((step) => reads(step, name))) return [];
    const message = `${waiting.map((step) => step.name).join(', ')} waits for it and runs also where it is rejected: write when: "{% $steps.${name}.output.approved %}" there, or onReject: fail here`;
    return [{ path: ['steps', name, 'approval'], message }];
  });
}

function reads({ when = null, forEach = null, body, onError }: StepPlan, name: string): boolean {
  const replacement = typeof onError === 'object' ? onError.output : null;
  return expressionsIn([when, forEach, body, replacement]).some(({ source }) => {
    const parsed = parseExpression(source);
    return parsed.ok && (parsed.references.computed || parsed.references.steps.some(({ step }) => step === name));
  });
}
