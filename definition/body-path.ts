import type { Path } from '../config/index.js';
import type { StepPlan } from '../workflows/plan.js';

const PATHS: Readonly<Record<StepPlan['kind'], Path>> = {
  job: ['input'],
  set: ['set'],
  pipeline: ['input'],
  approval: ['approval', 'message'],
};

/** Where a definition has what is the body of a step in the plan. */
export function bodyPath({ kind }: Pick<StepPlan, 'kind'>): Path {
  return PATHS[kind];
}
