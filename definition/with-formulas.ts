import type { PipelinePlan, StepPlan } from '../workflows/plan.js';
import { compileFormula } from './compile-formula.js';

/** For all formulas of a plan, since each run has them in its history beside the templates. */
const MAX_CHARACTERS = 32 * 1024;

/** The plan with a formula at each step, and at its output, where it is plain enough and there is room. */
export function withFormulas(plan: Omit<PipelinePlan, 'v' | 'input'>): Omit<PipelinePlan, 'input'> {
  let left = MAX_CHARACTERS;
  const fits = <T>(formula: T | undefined): T | undefined => {
    if (formula === undefined) return undefined;
    const length = JSON.stringify(formula).length;
    if (length > left) return undefined;
    left -= length;
    return formula;
  };
  const steps = plan.steps.map((step) => {
    const formula = fits(formulaOf(step));
    return formula === undefined ? step : { ...step, formula };
  });
  const outputFormula = plan.output === undefined ? undefined : fits(compileFormula(plan.output));
  return { v: 4, ...plan, steps, ...(outputFormula !== undefined && { outputFormula }) };
}

function formulaOf({ forEach, when, body }: StepPlan): StepPlan['formula'] | undefined {
  if (forEach !== undefined) return undefined;
  const ofBody = compileFormula(body);
  if (ofBody === undefined || when === undefined) return ofBody && { body: ofBody };
  const ofWhen = compileFormula(when);
  return ofWhen && { body: ofBody, when: ofWhen };
}
