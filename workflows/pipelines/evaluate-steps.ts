/** Asks the activity `evaluate` for what steps need before they start. */
import { proxyLocalActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities, EvaluateOutcome, EvaluateTask } from '../../activities/contract.js';
import { LOCAL_ACTIVITY_OPTIONS } from '../activity-options.js';
import { unwrapFailure } from '../jobs/read-failure.js';
import { inTurn } from '../local-turn.js';
import type { RunIdentity } from '../nested-contract.js';
import type { PipelinePlan, StepPlan } from '../plan.js';
import { now } from '../run-time.js';
import { inlineMaxBytes } from './inline-max-bytes.js';
import { namedSteps, namesInput } from './named-values.js';
import { viewsOf } from './pipeline-report.js';
import type { PipelineRunOptions } from './pipeline-run-options.js';
import type { PipelineEvent, PipelineState } from './pipeline-state.js';
import { isReadHere, namesOf, outputTemplate } from './read-here.js';
import { roomForItems } from './room-for-items.js';
import type { Along } from './steps-along.js';

const { evaluate } = proxyLocalActivities<Activities>(LOCAL_ACTIVITY_OPTIONS);

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
  // It is made once all steps have ended well, also those that it does not name.
  const output = along.output ? [outputOf(plan, options, steps)] : [];
  const tasks = steps.map((step): EvaluateTask => {
    const task = taskOf(plan, step, itemsHere);
    return isReadHere(plan, step, { steps, output: along.output }) ? { ...task, readHere: true } : task;
  });
  const outcomes = await ask(plan, state, [...tasks, ...output], options.identity);
  const outcomeOf = (task: number): EvaluateOutcome => {
    const outcome = outcomes[task] ?? failed('no outcome for this step');
    return outcome.kind === 'failed' && task >= asked.length ? { kind: 'put-off' } : outcome;
  };
  return [
    ...steps.map(({ name }, at): Prepared => ({ kind: 'prepared', step: name, outcome: outcomeOf(at), at: now() })),
    ...output.map((): Prepared => ({ kind: 'output-prepared', outcome: outcomeOf(steps.length) })),
  ];
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
    needs,
    kind: 'value',
    body: onError.output,
    place: ['onError', 'output'],
    error: { ...error },
    // Of a `forEach` as well, it is one value.
    inlineMaxBytes: inlineMaxBytes(plan, {}),
  };
  const [outcome] = await ask(plan, state, [task], identity);
  return outcome ?? failed('no outcome for this step');
}

/** The output of the pipeline: its template, or the outputs of all steps by name. */
export async function evaluateOutput(
  plan: PipelinePlan,
  state: PipelineState,
  options: Pick<PipelineRunOptions, 'identity' | 'outputMaxBytes'>,
): Promise<EvaluateOutcome> {
  const [outcome] = await ask(plan, state, [outputOf(plan, options)], options.identity);
  return outcome ?? failed('no outcome for the output');
}

function outputOf(
  plan: PipelinePlan,
  { outputMaxBytes }: Pick<PipelineRunOptions, 'outputMaxBytes'>,
  after: readonly StepPlan[] = [],
): EvaluateTask {
  const body = outputTemplate(plan);
  const needs = new Set([...namedSteps(body, namesOf(plan)), ...after.map(({ name }) => name)]);
  return { name: 'output', needs: [...needs], kind: 'value', body, inlineMaxBytes: outputMaxBytes };
}

/** Never rejects: an engine that does not answer fails the steps it was asked about. */
async function ask(
  plan: PipelinePlan,
  state: PipelineState,
  tasks: readonly EvaluateTask[],
  run: RunIdentity,
): Promise<readonly EvaluateOutcome[]> {
  try {
    const templates = tasks.flatMap(({ when, forEach, body }) => [when, forEach, body]);
    const request = {
      tasks,
      // Up to 64 KiB, which the worker would otherwise take apart for nothing.
      input: namesInput(templates) ? plan.input : null,
      steps: viewsOf(
        state,
        tasks.flatMap(({ needs = [] }) => needs),
      ),
      run,
    };
    const { outcomes } = await inTurn(
      () => evaluate(request),
      () => plan.v >= 4,
    );
    return outcomes;
  } catch (error) {
    const cause = unwrapFailure(error);
    return tasks.map(() => failed(cause instanceof Error ? cause.message : String(cause)));
  }
}

function taskOf(
  plan: PipelinePlan,
  { name, needs, kind, when, forEach, concurrency, body, job, nested, approval }: StepPlan,
  itemsHere: number,
): EvaluateTask {
  return {
    name,
    needs,
    kind: kind === 'job' || kind === 'pipeline' ? 'input' : 'value',
    body,
    inlineMaxBytes: inlineMaxBytes(plan, { forEach }),
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
