/** Whose value nobody reads but what is evaluated with it (`plan.v` 4). Pure. */
import type { PipelinePlan, StepPlan, Template } from '../plan.js';
import { namedSteps } from './named-values.js';

/** What one call evaluates. */
export interface Evaluated {
  readonly steps: readonly StepPlan[];
  /** Whether the output of the pipeline is among it. */
  readonly output: boolean;
}

/** Whether all that may ever read the value of a step is evaluated in the call that makes it. */
export function isReadHere(plan: PipelinePlan, { name, kind }: StepPlan, here: Evaluated): boolean {
  if (plan.v < 4 || kind !== 'set') return false;
  const isOutput = namedSteps(outputTemplate(plan), namesOf(plan)).includes(name);
  if (isOutput && !here.output) return false;
  const readers = plan.steps.filter(({ needs }) => needs.includes(name));
  // What takes the place of an output is evaluated once the step has failed.
  return readers.every((reader) => here.steps.includes(reader) && typeof reader.onError !== 'object');
}

/** The output as its author gave it, or that of all steps by their names. */
export function outputTemplate(plan: PipelinePlan): Template {
  return plan.output ?? Object.fromEntries(namesOf(plan).map((name) => [name, `{% $steps.${name}.output %}`]));
}

export function namesOf({ steps }: PipelinePlan): readonly string[] {
  return steps.map(({ name }) => name);
}
