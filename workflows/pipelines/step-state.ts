/** How each event changes what a pipeline knows of its steps. Pure: no clock, no promises, no commands. */
import type { EvaluateOutcome } from '../../activities/contract.js';
import type { JsonValue } from '../../job-api/json.js';
import type { JobSettings, PipelinePlan, StepPlan } from '../plan.js';
import { wholeShare } from '../share.js';
import type { SliceState } from '../slices/slices.js';
import {
  countItems,
  type ItemEnd,
  type ItemState,
  isOfBudget,
  isRunningOut,
  PENDING,
  type PipelineEvent,
  type PipelineState,
  type StepError,
  type StepState,
} from './pipeline-state.js';

/** The state after an event. */
export function reduce(plan: PipelinePlan, state: PipelineState, event: PipelineEvent): PipelineState {
  const after = afterEvent(plan, state, event);
  return after.stopping === undefined ? after : withoutReplacements(after);
}

/** A run that stops asks for no other output any more: a step that waited for one has failed, or the run would wait for it for ever. */
function withoutReplacements(state: PipelineState): PipelineState {
  const due = Object.keys(state.steps).filter((name) => state.steps[name]?.replacing === 'due');
  return updateSteps(state, due, ({ replacing: _, ...step }) => ({
    ...step,
    status: 'failed',
    ...(step.failing === undefined ? {} : { error: step.failing.error }),
  }));
}

function afterEvent(plan: PipelinePlan, state: PipelineState, event: PipelineEvent): PipelineState {
  switch (event.kind) {
    case 'cancel-requested':
      // What goes on to its end because it was paid for can still be cancelled.
      return state.stopping && !isRunningOut(state) ? state : { ...state, stopping: { kind: 'cancelled' } };
    case 'prepare-issued':
      return updateSteps(state, event.steps, (step) => ({ ...step, status: 'preparing', startedAt: event.at }));
    case 'prepared':
      return afterPrepared(planOf(plan, event.step), state, event.outcome, event.at);
    case 'item-started':
      return updateItem(state, event.step, event.index, (item) => ({
        ...item,
        status: 'running',
        ...(event.at === undefined ? {} : { startedAt: event.at }),
      }));
    case 'item-ended':
      return afterItem(planOf(plan, event.step), state, event.index, event.end, event.at);
    case 'slice-started':
      return updateSlice(state, event.step, event.slice, { status: 'running', slots: event.slots });
    case 'slots-granted': {
      const slots = (sliceOf(state, event.step, event.slice)?.slots ?? 0) + event.slots;
      return updateSlice(state, event.step, event.slice, { slots });
    }
    case 'slice-reported':
    case 'slice-ended':
      return afterReport(planOf(plan, event.step), state, event);
    case 'nested-reported':
      return updateSteps(state, [event.step], (step) => ({ ...step, within: event.counts }));
    case 'gather-issued':
      return updateSteps(state, [event.step], (step) =>
        step.sliced ? { ...step, sliced: { ...step.sliced, gathering: true } } : step,
      );
    case 'gathered': {
      const { output, errors, at } = event;
      return updateSteps(state, [event.step], (step) => ({
        ...step,
        status: 'completed',
        endedAt: at,
        output,
        ...(errors === undefined ? {} : { errors }),
      }));
    }
    case 'gather-failed':
      return failStep(planOf(plan, event.step), state, { error: event.error }, event.at);
    case 'replace-issued':
      return updateSteps(state, [event.step], (step) => ({ ...step, replacing: 'issued' }));
    case 'replaced':
      return afterReplaced(state, event.step, event.outcome, event.at);
    case 'cancel-issued':
      return updateSteps(state, event.steps, (step) => ({ ...step, cancelIssued: true }));
    case 'output-issued':
      return { ...state, output: 'preparing' };
    case 'output-prepared':
      return afterOutput(state, event.outcome);
  }
}

/** A step of the plan. */
export function planOf(plan: PipelinePlan, name: string): StepPlan {
  const step = plan.steps.find((candidate) => candidate.name === name);
  if (step === undefined) throw new TypeError(`the plan has no step "${name}"`);
  return step;
}

function updateSteps(
  state: PipelineState,
  names: readonly string[],
  change: (step: StepState) => StepState,
): PipelineState {
  const changed = names.map((name) => [name, change(state.steps[name] ?? PENDING)] as const);
  return { ...state, steps: { ...state.steps, ...Object.fromEntries(changed) } };
}

function updateItem(
  state: PipelineState,
  name: string,
  index: number,
  change: (item: ItemState) => ItemState,
): PipelineState {
  return updateSteps(state, [name], (step) => ({
    ...step,
    items: step.items.map((item, at) => (at === index ? change(item) : item)),
  }));
}

function afterPrepared(plan: StepPlan, state: PipelineState, outcome: EvaluateOutcome, at: string): PipelineState {
  const end = (change: Partial<StepState>) =>
    updateSteps(state, [plan.name], (step) => ({ ...step, endedAt: at, ...change }));
  switch (outcome.kind) {
    case 'put-off':
      return updateSteps(state, [plan.name], () => PENDING);
    case 'skipped':
      return end({ status: 'skipped' });
    case 'used':
      return end({ status: 'completed' });
    case 'failed':
      return failStep(plan, state, { error: { type: outcome.type, message: outcome.message } }, at);
    case 'one':
      if (plan.kind === 'set') return end({ status: 'completed', output: outcome.value });
      return startItems(plan, state, [outcome.value], at);
    case 'each':
      if (plan.kind === 'set') return end({ status: 'completed', output: outcome.values });
      return startItems(plan, state, outcome.values, at);
    case 'many':
      return startSlices(plan, state, outcome, at);
  }
}

function startItems(plan: StepPlan, state: PipelineState, inputs: readonly JsonValue[], at: string): PipelineState {
  const items = inputs.map((input): ItemState => ({ status: 'waiting', input }));
  return endIfDone(
    plan,
    updateSteps(state, [plan.name], (step) => ({ ...step, status: 'running', items })),
    at,
  );
}

function afterItem(plan: StepPlan, state: PipelineState, index: number, end: ItemEnd, at: string): PipelineState {
  const ended = updateItem(state, plan.name, index, ({ input }) => {
    if (end.kind === 'completed') return { status: 'completed', input, output: end.output };
    if (end.kind === 'cancelled') return { status: 'cancelled', input };
    return { status: 'failed', input, error: { type: end.type, message: end.message } };
  });
  const step = ended.steps[plan.name] ?? PENDING;
  if (end.kind !== 'failed') return endIfDone(plan, ended, at);
  const failing = {
    error: { type: end.type, message: end.message },
    ...(plan.forEach === undefined ? {} : { index }),
  };
  if (isOfBudget(end)) return runOut(plan, ended, failing, at);
  if (step.failing || isTolerated(plan, step)) return endIfDone(plan, ended, at);
  return failStep(plan, ended, failing, at);
}

function startSlices(
  plan: StepPlan,
  state: PipelineState,
  { work, slices }: Extract<EvaluateOutcome, { kind: 'many' }>,
  at: string,
): PipelineState {
  let from = 0;
  const waiting = slices.map(({ items, count }): SliceState => {
    const slice: SliceState = { status: 'waiting', items, from, count, slots: 0, done: 0, failed: 0 };
    from += count;
    return slice;
  });
  return endIfDone(
    plan,
    updateSteps(state, [plan.name], (step) => ({ ...step, status: 'running', sliced: { work, slices: waiting } })),
    at,
  );
}

function sliceOf(state: PipelineState, step: string, slice: number): SliceState | undefined {
  return state.steps[step]?.sliced?.slices[slice];
}

function updateSlice(state: PipelineState, name: string, slice: number, change: Partial<SliceState>): PipelineState {
  return updateSteps(state, [name], (step) =>
    step.sliced === undefined
      ? step
      : {
          ...step,
          sliced: {
            ...step.sliced,
            slices: step.sliced.slices.map((known, at) => (at === slice ? { ...known, ...change } : known)),
          },
        },
  );
}

type ReportEvent = Extract<PipelineEvent, { kind: 'slice-reported' | 'slice-ended' }>;

function afterReport(plan: StepPlan, state: PipelineState, event: ReportEvent): PipelineState {
  const { slice, done, failed, freed, settling, failure, exceeded, broken, at } = event;
  const known = sliceOf(state, plan.name, slice);
  // A report that was on its way when the slice ended tells nothing new.
  if (known?.status !== 'running') return state;
  const ended = event.kind === 'slice-ended';
  const reported = updateSlice(state, plan.name, slice, {
    done,
    failed,
    slots: ended ? 0 : Math.max(0, known.slots - freed),
    ...(settling === undefined ? {} : { settling }),
    ...(ended ? { status: 'ended' } : {}),
    ...(ended && event.part !== undefined ? { part: event.part } : {}),
  });
  const step = reported.steps[plan.name] ?? PENDING;
  if (exceeded !== undefined) {
    const { index, type, message } = exceeded;
    return runOut(plan, reported, { error: { type, message }, index }, at);
  }
  if (broken && !step.failing && !state.stopping) return failStep(plan, reported, { error: broken }, at);
  if (failure === undefined || step.failing || isTolerated(plan, step)) return endIfDone(plan, reported, at);
  const { index, type, message } = failure;
  return failStep(plan, reported, { error: { type, message }, index }, at);
}

function isTolerated(plan: StepPlan, step: StepState): boolean {
  if (plan.forEach === undefined) return false;
  const { failed, total } = countItems(step);
  return failed <= allowedFailures(plan.tolerate, total);
}

function allowedFailures(tolerate: StepPlan['tolerate'], total: number): number {
  if ('count' in tolerate) return tolerate.count;
  const { percent, exact } = tolerate;
  return exact ? wholeShare(percent, total) : (percent / 100) * total;
}

/** The step will fail; unless it may, so will the run. Its running items are settled before it counts as ended. */
function failStep(
  plan: StepPlan,
  state: PipelineState,
  failing: NonNullable<StepState['failing']>,
  at: string,
): PipelineState {
  const marked = updateSteps(state, [plan.name], (step) => ({ ...step, failing }));
  const stopped: PipelineState =
    plan.onError !== 'fail' || marked.stopping
      ? marked
      : { ...marked, stopping: { kind: 'failed', step: plan.name, ...failing } };
  return endIfDone(plan, stopped, at);
}

/** The budget has no room for more: that is the end of the run, whatever the step may do or is allowed. */
function runOut(
  plan: StepPlan,
  state: PipelineState,
  failing: NonNullable<StepState['failing']>,
  at: string,
): PipelineState {
  const marked = updateSteps(state, [plan.name], (step) => ({ ...step, failing: step.failing ?? failing }));
  const stopped: PipelineState = marked.stopping
    ? marked
    : { ...marked, stopping: { kind: 'failed', step: plan.name, ...failing } };
  return endIfDone(plan, stopped, at);
}

function endIfDone(plan: StepPlan, state: PipelineState, at: string): PipelineState {
  const step = state.steps[plan.name] ?? PENDING;
  const stopping = step.failing !== undefined || state.stopping !== undefined;
  const parts = [...step.items, ...(step.sliced?.slices ?? [])];
  const busy = parts.some(({ status }) => status === 'running' || (status === 'waiting' && !stopping));
  // A sliced step that went well ends when its results are joined.
  if (busy || (step.sliced && !stopping)) return state;
  if (step.failing && typeof plan.onError === 'object' && !state.stopping) {
    return updateSteps(state, [plan.name], () => ({ ...step, endedAt: at, replacing: 'due' }));
  }
  return updateSteps(state, [plan.name], () => ({ ...step, endedAt: at, ...endOf(plan, step) }));
}

/** It stays a failed step, with its error, and with another output than null. */
function afterReplaced(state: PipelineState, name: string, outcome: EvaluateOutcome, at: string): PipelineState {
  const { failing } = state.steps[name] ?? PENDING;
  if (failing === undefined) throw new TypeError(`step "${name}" has not failed`);
  const { error } = failing;
  const end = (output: JsonValue, of: StepError) =>
    updateSteps(state, [name], ({ replacing: _, ...step }) => ({
      ...step,
      status: 'failed',
      endedAt: at,
      output,
      error: of,
    }));
  switch (outcome.kind) {
    case 'one':
      return end(outcome.value, error);
    case 'failed': {
      const broken: StepError = {
        type: outcome.type,
        message: `${outcome.message} (the step had failed with ${error.type}: ${error.message})`,
      };
      const ended = end(null, broken);
      return ended.stopping ? ended : { ...ended, stopping: { kind: 'failed', step: name, error: broken } };
    }
    default:
      throw new TypeError(`an output cannot be ${outcome.kind}`);
  }
}

function endOf(
  plan: StepPlan,
  { items, sliced, failing }: StepState,
): Pick<StepState, 'status' | 'output'> & { error?: StepError } {
  if (failing) return { status: 'failed', output: null, error: failing.error };
  // One in slices that went well ends by what joins their results, and not here.
  if (sliced !== undefined || items.some(({ status }) => status === 'cancelled' || status === 'waiting'))
    return { status: 'cancelled', output: null };
  if (plan.forEach !== undefined) return { status: 'completed', output: items.map(({ output }) => output ?? null) };
  return { status: 'completed', output: items[0]?.output ?? null };
}

function afterOutput(state: PipelineState, outcome: EvaluateOutcome): PipelineState {
  const { output: _, ...without } = state;
  if (outcome.kind === 'put-off') return without;
  if (state.stopping) return { ...state, output: { value: null } };
  switch (outcome.kind) {
    case 'one':
      return { ...state, output: { value: outcome.value } };
    case 'failed':
      return { ...state, stopping: { kind: 'failed', error: { type: outcome.type, message: outcome.message } } };
    default:
      throw new TypeError(`an output cannot be ${outcome.kind}`);
  }
}

/** The settings of a job step. */
export function settingsOf(plan: PipelinePlan, step: string): JobSettings {
  const { job } = planOf(plan, step);
  if (job === undefined) throw new TypeError(`step "${step}" is not a job`);
  return job;
}
