/** Prepares steps without asking anyone, where their plan has formulas (`plan.v` 2). Pure. */
import type { EvaluateOutcome } from '../../activities/contract.js';
import type { JsonValue } from '../../job-api/json.js';
import type { PipelinePlan, StepPlan } from '../plan.js';
import { type Formula, readFormula } from './formula.js';
import { viewsOf } from './pipeline-report.js';
import type { PipelineState } from './pipeline-state.js';

/** From this length on, a text may be a file, which `evaluate` puts into the store. */
const MAX_CHARACTERS = 1_024;
/** How a reference to the store, an escaped key and a secret begin. */
const STORED = '"$';

/** What `evaluate` would answer for the step; undefined where it has to be asked. */
export function readStep(
  plan: PipelinePlan,
  state: PipelineState,
  { kind, needs, formula, forEach }: StepPlan,
): EvaluateOutcome | undefined {
  if (plan.v === 1 || formula === undefined || forEach !== undefined) return undefined;
  const variables = variablesOf(plan, state, needs);
  if (formula.when !== undefined) {
    const wanted = readFormula(formula.when, variables);
    if (wanted === false) return { kind: 'skipped' };
    if (wanted !== true) return undefined;
  }
  const outcome = readValue(formula.body, variables);
  if ((kind === 'job' || kind === 'pipeline') && outcome !== undefined && !isJobInput(outcome.value)) return undefined;
  return outcome;
}

/** The same for the output of the pipeline. */
export function readOutput(plan: PipelinePlan, state: PipelineState): EvaluateOutcome | undefined {
  if (plan.v === 1 || plan.outputFormula === undefined) return undefined;
  const names = plan.steps.map(({ name }) => name);
  return readValue(plan.outputFormula, variablesOf(plan, state, names));
}

function variablesOf(plan: PipelinePlan, state: PipelineState, names: readonly string[]): JsonValue {
  return { input: plan.input, steps: viewsOf(state, names) as unknown as JsonValue };
}

function readValue(formula: Formula, variables: JsonValue): { kind: 'one'; value: JsonValue } | undefined {
  const value = readFormula(formula, variables);
  const json = value === undefined ? STORED : JSON.stringify(value);
  if (json.length >= MAX_CHARACTERS || json.includes(STORED)) return undefined;
  // A copy, as JSON has it: without -0, and with nothing shared.
  return { kind: 'one', value: JSON.parse(json) };
}

/** Whether a job, or a nested pipeline, surely takes it. What is wrong with another, `evaluate` says at its place. */
function isJobInput(value: JsonValue): boolean {
  return value !== null && typeof value === 'object' && !Array.isArray(value) && Object.keys(value).length > 0;
}
