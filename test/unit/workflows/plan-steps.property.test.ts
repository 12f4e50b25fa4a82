import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { EvaluateOutcome } from '../../../activities/contract.js';
import {
  type ItemEnd,
  initialState,
  type PipelineEvent,
  type PipelineState,
} from '../../../workflows/pipelines/pipeline-state.js';
import { type Command, isOver, planSteps } from '../../../workflows/pipelines/plan-steps.js';
import { reduce } from '../../../workflows/pipelines/step-state.js';
import type { PipelinePlan, StepPlan } from '../../../workflows/plan.js';
import { AT, approval, failed, issuedBy, job, one, planOf, value } from './drive.js';

const NO: EvaluateOutcome = { kind: 'failed', type: 'ExpressionFailed', message: 'no' };
const OUT_OF_BUDGET: ItemEnd = { kind: 'failed', type: 'BudgetExceeded', message: 'no room' };
const WORK = { kind: 'many', work: {}, slices: [1, 2].map((count) => ({ items: {}, count })) } as const;

const arbitraryStep = fc.record({
  kind: fc.constantFrom('set', 'job', 'job', 'approval'),
  each: fc.boolean(),
  needs: fc.array(fc.nat(6), { maxLength: 3 }),
  onError: fc.constantFrom<StepPlan['onError']>('fail', 'continue', { output: 'other' }),
  tolerate: fc.nat(1),
  concurrency: fc.integer({ min: 1, max: 3 }),
});

/** Steps need earlier ones only. */
const arbitraryPlan = fc.array(arbitraryStep, { minLength: 1, maxLength: 6 }).map((steps): PipelinePlan => {
  const make = { set: value, job, approval };
  return planOf(
    ...steps.map(({ kind, each, needs, tolerate, ...rest }, at) =>
      make[kind](`s${at}`, {
        ...rest,
        needs: [...new Set(needs.filter((other) => other < at))].map((other) => `s${other}`),
        tolerate: { count: tolerate },
        ...(each && { forEach: '{% $input %}' }),
      }),
    ),
  );
});

/** What is under way: any of it may end next, in one of these ways. */
type UnderWay = readonly PipelineEvent[];

function underWayAfter(plan: PipelinePlan, command: Command): readonly UnderWay[] {
  const stepOf = (name: string) => plan.steps.find((step) => step.name === name) as StepPlan;
  switch (command.kind) {
    case 'prepare':
      return command.steps.map((name) => {
        const { forEach, kind } = stepOf(name);
        const made: EvaluateOutcome =
          forEach === undefined ? one('x') : { kind: 'each', values: [{ n: 1 }, { n: 2 }, { n: 3 }] };
        const sliced = forEach !== undefined && kind === 'job' ? [WORK] : [];
        const outcomes: EvaluateOutcome[] = [made, made, { kind: 'skipped' }, NO, ...sliced];
        return outcomes.map((outcome) => ({ kind: 'prepared', step: name, outcome, at: AT }));
      });
    case 'start': {
      const { step, index } = command;
      const ends: ItemEnd[] = [{ kind: 'completed', output: 1 }, failed, { kind: 'cancelled' }, OUT_OF_BUDGET];
      return [ends.map((end) => ({ kind: 'item-ended', step, index, end, at: AT }))];
    }
    case 'start-slice': {
      const { step, slice } = command;
      const ended = { kind: 'slice-ended', step, slice, freed: 0, at: AT, part: {} } as const;
      const failure = { index: 0, type: 'JobFailed', message: 'boom' } as const;
      return [
        [
          { ...ended, done: 1, failed: 0 },
          { ...ended, done: 0, failed: 1, failure },
          { ...ended, done: 0, failed: 0, broken: { type: 'ValueTooLarge', message: 'no' } },
        ],
      ];
    }
    case 'gather': {
      const { step } = command;
      const error = { type: 'ValueTooLarge', message: 'no' } as const;
      return [
        [
          { kind: 'gathered', step, at: AT, output: [1] },
          { kind: 'gather-failed', step, at: AT, error },
        ],
      ];
    }
    case 'replace':
      return [[one('other'), NO].map((outcome) => ({ kind: 'replaced', step: command.step, outcome, at: AT }))];
    case 'prepare-output':
      return [[one('x'), NO].map((outcome) => ({ kind: 'output-prepared', outcome }))];
    default:
      return [];
  }
}

/** Numbers that say what happens next; 0 once they are used up. */
function choices(tape: readonly number[]): (count: number) => number {
  const rest = tape.values();
  return (count) => (rest.next().value ?? 0) % count;
}

/** Runs to where nothing is under way any more: several things may happen before the workflow looks again. */
function runOf(plan: PipelinePlan, tape: readonly number[]): { state: PipelineState; started: readonly string[] } {
  const choose = choices(tape);
  const started: string[] = [];
  let state = initialState(plan);
  const apply = (event: PipelineEvent) => {
    state = reduce(plan, state, event);
  };
  const underWay: UnderWay[] = [];
  for (;;) {
    for (const command of planSteps(plan, state)) {
      if (command.kind === 'start') started.push(`${command.step}[${command.index}]`);
      for (const event of issuedBy(command)) apply(event);
      underWay.push(...underWayAfter(plan, command));
    }
    if (isOver(plan, state) || underWay.length === 0) return { state, started };
    for (let more = choose(3); more >= 0 && underWay.length > 0; more--) {
      const [ways = []] = underWay.splice(choose(underWay.length), 1);
      const way = ways[choose(ways.length)];
      if (way !== undefined) apply(way);
      if (choose(12) === 11) apply({ kind: 'cancel-requested' });
    }
  }
}

it('every run comes to its end, whatever happens in whatever order, and starts nothing twice', () => {
  fc.assert(
    fc.property(arbitraryPlan, fc.array(fc.nat(1_000), { maxLength: 60 }), (plan, tape) => {
      const { state, started } = runOf(plan, tape);
      expect(isOver(plan, state)).toBe(true);
      expect(new Set(started).size).toBe(started.length);
    }),
    { numRuns: 2_000 },
  );
});
