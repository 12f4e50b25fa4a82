/** Asks the activity `evaluate` for what steps need before they start. */
import { proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, EvaluateOutcome, EvaluateTask } from '../../activities/contract.js';
import { LOCAL_ACTIVITY_OPTIONS } from '../activity-options.js';
import { unwrapFailure } from '../jobs/read-failure.js';
import type { RunIdentity } from '../nested-contract.js';
import type { PipelinePlan, StepPlan, Template } from '../plan.js';
import { now } from '../run-time.js';
import { namedSteps, namesInput } from './named-values.js';
import { viewsOf } from './pipeline-report.js';
import type { PipelineRunOptions } from './pipeline-run-options.js';
import type { PipelineEvent, PipelineState } from './pipeline-state.js';
import { roomForItems } from './room-for-items.js';
import type { Along } from './steps-along.js';

const { evaluate } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

/** Values over this become artifacts: there are up to 100 of an item's in a history, and a few of a step's. */
export const ITEM_MAX_BYTES = 8 * 1024;
export const STEP_MAX_BYTES = 64 * 1024;

type Prepared = Extract<PipelineEvent, { kind: 'prepared' | 'output-prepared' }>;

/** Evaluates steps by one call, and what waits for nothing but their values with them: what came of each. */
export async function evaluateSteps(
  plan: PipelinePlan,
  state: PipelineState,
  { asked, along }: { readonly asked: readonly StepPlan[]; readonly along: Along },
  options: Pick<PipelineRunOptions, 'identity' | 'outputMaxBytes'>,
): Promise<readonly Prepared[]> {
  const steps = [...asked, ...along.steps];
  const { historyLength: events, historySize: bytes } = workflowInfo();
  const itemsHere = roomForItems(plan, state, steps, { events, bytes });
  const here = new Set(steps.map(({ name }) => name));
  const waiting = (task: EvaluateTask, needs: readonly string[]): EvaluateTask => {
    const after = needs.filter((name) => here.has(name));
    return after.length === 0 ? task : { ...task, after };
  };
  const output = along.output ? outputOf(plan, options) : undefined;
  const tasks = [
    ...steps.map((step) => waiting(taskOf(step, itemsHere), step.needs)),
    // It is made of what went well.
    ...(output === undefined ? [] : [waiting(output.task, [...here])]),
  ];
  const needs = [...steps.flatMap((step) => step.needs), ...(output?.needs ?? [])];
  const outcomes = await ask(plan, state, tasks, needs, options.identity);
  const outcomeOf = (task: number) => outcomes[task] ?? failed('no outcome for this step');
  const prepared = steps.map(
    ({ name }, task): Prepared => ({ kind: 'prepared', step: name, outcome: outcomeOf(task), at: now() }),
  );
  if (output === undefined) return prepared;
  return [...prepared, { kind: 'output-prepared', outcome: outcomeOf(steps.length) }];
}

/** What takes the place of the output of a step that failed. */
export async function evaluateReplacement(
  plan: PipelinePlan,
  state: PipelineState,
  { name, needs, onError }: StepPlan,
  { identity }: Pick<PipelineRunOptions, 'identity'>,
): Promise<EvaluateOutcome> {
  const error = state.steps[name]?.failing?.error;
  if (typeof onError !== 'object' || error === undefined) throw new TypeError(`step "${name}" has no other output`);
  const task: EvaluateTask = {
    name,
    kind: 'value',
    body: onError.output,
    place: ['onError', 'output'],
    error: { ...error },
    inlineMaxBytes: STEP_MAX_BYTES,
  };
  const [outcome] = await ask(plan, state, [task], needs, identity);
  return outcome ?? failed('no outcome for this step');
}

/** The output of the pipeline: its template, or the outputs of all steps by name. */
export async function evaluateOutput(
  plan: PipelinePlan,
  state: PipelineState,
  options: Pick<PipelineRunOptions, 'identity' | 'outputMaxBytes'>,
): Promise<EvaluateOutcome> {
  const { task, needs } = outputOf(plan, options);
  const [outcome] = await ask(plan, state, [task], needs, options.identity);
  return outcome ?? failed('no outcome for the output');
}

function outputOf(
  plan: PipelinePlan,
  { outputMaxBytes }: Pick<PipelineRunOptions, 'outputMaxBytes'>,
): { readonly task: EvaluateTask; readonly needs: readonly string[] } {
  const names = plan.steps.map(({ name }) => name);
  const everything: Template = Object.fromEntries(names.map((name) => [name, `{% $steps.${name}.output %}`]));
  const body = plan.output ?? everything;
  return {
    task: { name: 'output', kind: 'value', body, inlineMaxBytes: outputMaxBytes },
    needs: namedSteps(body, names),
  };
}

/** Never rejects: an engine that does not answer fails the steps it was asked about. */
async function ask(
  plan: PipelinePlan,
  state: PipelineState,
  tasks: readonly EvaluateTask[],
  needs: readonly string[],
  run: RunIdentity,
): Promise<readonly EvaluateOutcome[]> {
  try {
    const templates = tasks.flatMap(({ when, forEach, body }) => [when, forEach, body]);
    const { outcomes } = await evaluate({
      tasks,
      // Up to 64 KiB, which the worker would otherwise take apart for nothing.
      input: namesInput(templates) ? plan.input : null,
      steps: viewsOf(state, needs),
      run,
    });
    return outcomes;
  } catch (error) {
    const cause = unwrapFailure(error);
    const why = failed(cause instanceof Error ? cause.message : String(cause));
    return tasks.map(({ after }) => (after === undefined ? why : { kind: 'put-off' }));
  }
}

function taskOf(
  { name, kind, when, forEach, concurrency, body, job, nested, approval }: StepPlan,
  itemsHere: number,
): EvaluateTask {
  return {
    name,
    kind: kind === 'job' || kind === 'pipeline' ? 'input' : 'value',
    body,
    inlineMaxBytes: forEach === undefined ? STEP_MAX_BYTES : ITEM_MAX_BYTES,
    // All of them are asked for at once.
    ...(approval === undefined ? {} : { place: ['approval', 'message'], maxItems: concurrency }),
    ...(job?.allowEmptyInput || nested !== undefined ? { allowEmptyInput: true } : {}),
    ...(job === undefined || forEach === undefined ? {} : { job }),
    ...(nested === undefined || forEach === undefined ? {} : { nested }),
    ...(when === undefined ? {} : { when }),
    ...(forEach === undefined ? {} : { forEach, itemsHere }),
  };
}

function failed(message: string): EvaluateOutcome {
  return { kind: 'failed', type: 'ExpressionFailed', message };
}
