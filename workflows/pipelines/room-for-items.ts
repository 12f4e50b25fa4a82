/** How much of a `forEach` the history of its own run still takes; what is more goes into slices. Pure. */
import type { PipelinePlan, StepPlan } from '../plan.js';
import { countItems, type PipelineState, type StepState } from './pipeline-state.js';

/** What is in the history of the run so far: events, and bytes. */
export interface Written {
  readonly events: number;
  readonly bytes: number;
}

/** Of the 4,096 events and the 4 MiB at which Temporal suggests to begin anew, with room for what was not foreseen. */
const MAX: Written = { events: 3_000, bytes: 3.5 * 1024 * 1024 };
/** An item's input is there twice (as `evaluate` made it, and in its submit), and its output once; each is 8 KiB at most. */
const ITEM: Written = { events: 12, bytes: 24 * 1024 };
/** One job or pipeline of a step without `forEach`: its values are references from 64 KiB on, and mostly far smaller. */
const SINGLE: Written = { events: 12, bytes: 24 * 1024 };
/** One slice: its start, its reports and its end. */
const SLICE: Written = { events: 60, bytes: 24 * 1024 };

/**
 * For each of the steps that are about to be prepared: how many items it may run in the run's own history. What the other
 * steps will still write is left free.
 */
export function roomForItems(
  plan: PipelinePlan,
  state: PipelineState,
  steps: readonly StepPlan[],
  written: Written,
): number {
  const names = new Set(steps.map(({ name }) => name));
  const others = plan.steps.filter(({ name }) => !names.has(name));
  // Those that are being prepared by another call get as much of it.
  const sharers = plan.steps.filter(
    (step) => step.forEach !== undefined && (names.has(step.name) || state.steps[step.name]?.status === 'preparing'),
  ).length;
  const room = (of: keyof Written) => {
    const promised = others.reduce((sum, step) => sum + stillToWrite(step, state.steps[step.name])[of], 0);
    return Math.floor((MAX[of] - written[of] - promised) / Math.max(1, sharers) / ITEM[of]);
  };
  return Math.max(0, Math.min(room('events'), room('bytes')));
}

function stillToWrite({ kind, forEach }: StepPlan, state: StepState | undefined): Written {
  if (kind === 'set' || state === undefined) return times(SINGLE, 0);
  const { status, sliced } = state;
  if (status === 'pending') return forEach === undefined ? SINGLE : SLICE;
  if (status !== 'running') return times(SINGLE, 0);
  if (sliced !== undefined) return times(SLICE, sliced.slices.filter((slice) => slice.status !== 'ended').length);
  const { done, failed, total } = countItems(state);
  return times(forEach === undefined ? SINGLE : ITEM, total - done - failed);
}

function times({ events, bytes }: Written, count: number): Written {
  return { events: events * count, bytes: bytes * count };
}
