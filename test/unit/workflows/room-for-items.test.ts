import { describe, expect, it } from 'vitest';
import { initialState, type PipelineState, type StepState } from '../../../workflows/pipelines/pipeline-state.js';
import { roomForItems } from '../../../workflows/pipelines/room-for-items.js';
import type { PipelinePlan, StepPlan } from '../../../workflows/plan.js';

const MIB = 1024 * 1024;
const step = (name: string, over: Partial<StepPlan> = {}): StepPlan => ({
  ...{ name, kind: 'job', needs: [], concurrency: 10, tolerate: { count: 0 }, onError: 'fail', body: {} },
  ...over,
});
const each = (name: string) => step(name, { forEach: '{% [] %}' });
const items = (running: number, completed: number): Pick<StepState, 'items'> => ({
  items: [
    ...Array.from({ length: running }, () => ({ status: 'running', input: {} }) as const),
    ...Array.from({ length: completed }, () => ({ status: 'completed', input: {} }) as const),
  ],
});

/** Room for `about` in a pipeline of it and `others`, each with its state. */
function roomFor(
  about: readonly StepPlan[],
  others: readonly (readonly [StepPlan, Partial<StepState>])[] = [],
  written: { readonly events?: number; readonly bytes?: number } = {},
): number {
  const plan: PipelinePlan = { v: 1, input: {}, steps: [...about, ...others.map(([other]) => other)] };
  const initial = initialState(plan);
  const changed = others.map(([{ name }, state]) => [name, { ...initial.steps[name], ...state }]);
  const state = { ...initial, steps: { ...initial.steps, ...Object.fromEntries(changed) } } as PipelineState;
  return roomForItems(plan, state, about, { events: 0, bytes: 0, ...written });
}

describe('the room for items in the history of a run', () => {
  it('is over 100 for the first step, as many as run there at most', () => {
    expect(roomFor([each('a')])).toBeGreaterThan(100);
  });

  it('gets less by what is written, by events and by bytes', () => {
    expect(roomFor([each('a')], [], { events: 2_400 })).toBe(50);
    expect(roomFor([each('a')], [], { bytes: 2.5 * MIB })).toBe(42);
    expect(roomFor([each('a')], [], { events: 3_100 })).toBe(0);
    expect(roomFor([each('a')], [], { bytes: 5 * MIB })).toBe(0);
  });

  it('is shared by the steps that are prepared at a time, whoever asks for them', () => {
    const alone = roomFor([each('a')]);
    expect(roomFor([each('a'), each('b'), step('c')])).toBe(Math.floor(alone / 2));
    expect(roomFor([each('a')], [[each('b'), { status: 'preparing' }]])).toBe(Math.floor(alone / 2));
  });

  it('leaves free what other steps will still write', () => {
    const room = (state: Partial<StepState>, other = each('b')) =>
      roomFor([each('a')], [[other, state]], { events: 1_200 });
    expect(room({ status: 'completed', ...items(0, 50) })).toBe(149);
    expect(room({ status: 'running', ...items(50, 30) })).toBe(99);
    expect(room({ status: 'pending' })).toBeLessThan(149);
    expect(room({ status: 'pending' }, step('b'))).toBe(148);
    expect(room({ status: 'pending' }, { ...step('b'), kind: 'set' })).toBe(149);
    const slice = { items: [], from: 0, count: 100, slots: 1, done: 0, failed: 0 };
    const slices = (['running', 'waiting', 'ended'] as const).map((status) => ({ ...slice, status }));
    expect(room({ status: 'running', sliced: { work: {}, slices } })).toBe(140);
  });

  it('never runs out for a run of 200 steps of a hundred items: what does not fit is handed on', () => {
    const others = Array.from({ length: 199 }, (_, at) => [each(`s${at}`), { status: 'pending' }] as const);
    expect(roomFor([each('a')], others)).toBe(0);
  });
});
