import type { PipelinePlan, StepPlan } from '../plan.js';
import { type SliceCommand, shareSlots } from '../slices/slices.js';
import { hasEnded, isOfBudget, isRunningOut, type PipelineState, type StepState } from './pipeline-state.js';

/** Something the pipeline should do now. */
export type Command =
  /** Evaluate the expressions of these steps, in one call. */
  | { readonly kind: 'prepare'; readonly steps: readonly string[] }
  | { readonly kind: 'start'; readonly step: string; readonly index: number }
  | ({ readonly step: string } & SliceCommand)
  /** Join the results of a step's slices. */
  | { readonly kind: 'gather'; readonly step: string }
  /** Evaluate what takes the place of the output of a step that failed. */
  | { readonly kind: 'replace'; readonly step: string }
  /** Cancel the running items of these steps. */
  | { readonly kind: 'cancel'; readonly steps: readonly string[] }
  | { readonly kind: 'prepare-output' };

/**
 * What to do next, in the order of the definition and never in the order in which promises settled: the same plan and
 * state give the same commands at every replay. Behaviour that changes does so under another `plan.v`.
 */
export function planSteps(plan: PipelinePlan, state: PipelineState): readonly Command[] {
  const cancels = stepsToCancel(plan, state);
  const commands: Command[] = cancels.length > 0 ? [{ kind: 'cancel', steps: cancels }] : [];
  if (state.stopping) return commands;

  const ready = plan.steps.filter((step) => isReady(step, state)).map(({ name }) => name);
  if (ready.length > 0) commands.push({ kind: 'prepare', steps: ready });
  for (const step of plan.steps) {
    commands.push(...itemsToStart(step, state), ...slicesToServe(step, state));
    if (stepOf(state, step.name).replacing === 'due') commands.push({ kind: 'replace', step: step.name });
  }
  if (state.output === undefined && plan.steps.every(({ name }) => hasEnded(stepOf(state, name)))) {
    commands.push({ kind: 'prepare-output' });
  }
  return commands;
}

/** True once nothing is under way and nothing will be. */
export function isOver(plan: PipelinePlan, state: PipelineState): boolean {
  if (!state.stopping) return typeof state.output === 'object';
  return plan.steps.every(({ name }) => {
    const step = stepOf(state, name);
    return step.status !== 'preparing' && step.replacing !== 'issued' && !isBusy(step);
  });
}

function stepOf(state: PipelineState, name: string): StepState {
  const step = state.steps[name];
  if (step === undefined) throw new TypeError(`no state for step "${name}"`);
  return step;
}

function stepsToCancel(plan: PipelinePlan, state: PipelineState): string[] {
  return plan.steps
    .filter(({ name, kind }) => {
      const step = stepOf(state, name);
      if (step.cancelIssued || !(state.stopping || step.failing)) return false;
      // What was paid for is kept; a person would decide for nothing.
      if (kind !== 'approval' && isRunningOut(state) && !isFailingOfItself(step)) return false;
      return isBusy(step);
    })
    .map(({ name }) => name);
}

function isFailingOfItself({ failing }: StepState): boolean {
  return failing !== undefined && !isOfBudget(failing.error);
}

function isReady(step: StepPlan, state: PipelineState): boolean {
  return stepOf(state, step.name).status === 'pending' && step.needs.every((name) => hasEnded(stepOf(state, name)));
}

function itemsToStart(step: StepPlan, state: PipelineState): Command[] {
  const { status, items, failing } = stepOf(state, step.name);
  if (status !== 'running' || failing) return [];
  const running = items.filter((item) => item.status === 'running').length;
  const limit = step.forEach === undefined ? 1 : step.concurrency;
  return items
    .flatMap((item, index) => (item.status === 'waiting' ? [index] : []))
    .slice(0, Math.max(0, limit - running))
    .map((index) => ({ kind: 'start', step: step.name, index }));
}

/** Whether jobs of the step are under way. */
function isBusy({ items, sliced }: StepState): boolean {
  return [...items, ...(sliced?.slices ?? [])].some(({ status }) => status === 'running');
}

function slicesToServe({ name, concurrency }: StepPlan, state: PipelineState): Command[] {
  const { status, sliced, failing } = stepOf(state, name);
  if (status !== 'running' || sliced === undefined || failing) return [];
  if (sliced.slices.every((slice) => slice.status === 'ended')) {
    return sliced.gathering ? [] : [{ kind: 'gather', step: name }];
  }
  return shareSlots(sliced.slices, concurrency).map((command) => ({ step: name, ...command }));
}
