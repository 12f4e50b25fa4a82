/** What can be evaluated in one call with steps that are ready (`plan.v` 3). Pure. */
import type { PipelinePlan, StepPlan } from '../plan.js';
import { hasEnded, PENDING, type PipelineState } from './pipeline-state.js';

/** In an order in which each comes after those that it waits for. */
export interface Along {
  readonly steps: readonly StepPlan[];
  /** Whether the output of the pipeline waits for nothing else either. */
  readonly output: boolean;
}

/**
 * What waits for nothing but values that the steps asked for will have. Evaluated one call after another, a list that goes
 * through three expressions would go to the worker and back three times.
 */
export function stepsAlong(plan: PipelinePlan, state: PipelineState, asked: readonly StepPlan[]): Along {
  if (plan.v < 3) return { steps: [], output: false };
  const here = new Map(asked.map((step) => [step.name, step]));
  const isKnown = (name: string) => hasEnded(state.steps[name] ?? PENDING) || here.get(name)?.kind === 'set';
  const isNext = ({ name, needs }: StepPlan) =>
    state.steps[name]?.status === 'pending' && !here.has(name) && needs.every(isKnown);

  const steps: StepPlan[] = [];
  for (let step = plan.steps.find(isNext); step !== undefined; step = plan.steps.find(isNext)) {
    here.set(step.name, step);
    steps.push(step);
  }
  // What has a formula costs nothing once the values are there.
  const output = plan.outputFormula === undefined && plan.steps.every(({ name }) => isKnown(name));
  return { steps, output };
}
