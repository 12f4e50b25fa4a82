import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RunBudget } from '../../../../workflows/budget/run-budget.js';
import type { BudgetInput } from '../../../../workflows/contract.js';
import { type Flow, type JobsOf, type Outcome, SharedBudget } from './shared-budget.js';

const lanes = fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 });
const cancels = fc.option(fc.integer({ min: 1, max: 12 }), { nil: undefined, freq: 4 });
const within = (inner: fc.Arbitrary<readonly Flow[]>, cancelAfter = cancels): fc.Arbitrary<Flow> =>
  fc
    .record({ lanes, within: inner, need: fc.integer({ min: 0, max: 12 }), cancelAfter })
    .map(({ cancelAfter: after, ...flow }) => ({ ...flow, ...(after !== undefined && { cancelAfter: after }) }));
const flows = within(
  fc.array(within(fc.array(within(fc.constant([])), { maxLength: 3 })), { maxLength: 4 }),
  fc.constant(undefined),
);

const jobsIn = (flow: Flow): number =>
  flow.lanes.reduce((sum, jobs) => sum + jobs, 0) + flow.within.reduce((sum, inner) => sum + jobsIn(inner), 0);
const lanesIn = (flow: Flow): number => flow.lanes.length + flow.within.reduce((sum, inner) => sum + lanesIn(inner), 0);
const isCancelled = (flow: Flow): boolean => flow.cancelAfter !== undefined || flow.within.some(isCancelled);

/** Runs workflows in an order that the property draws. */
function check(
  amounts: fc.Arbitrary<{ readonly budget: BudgetInput; readonly jobs: JobsOf }>,
  holds: (outcome: Outcome, flow: Flow, of: { readonly budget: BudgetInput; readonly jobs: JobsOf }) => void,
): Promise<void> {
  const property = fc.asyncProperty(flows, amounts, fc.infiniteStream(fc.nat()), async (flow, of, order) => {
    const shared = new SharedBudget(of.jobs, (count) => (order.next().value ?? 0) % Math.max(1, count));
    holds(await shared.run(of.budget, flow), flow, of);
  });
  return fc.assert(property, { numRuns: 150 }) as Promise<void>;
}

describe('a budget that workflows share, whatever comes when', () => {
  it('is never exceeded in jobs, leaves nobody waiting, and is used whole before anybody is denied', () =>
    check(
      fc.record({
        budget: fc.record({ jobs: fc.integer({ min: 1, max: 40 }) }),
        jobs: fc.constant({ costUsd: 0.01 }),
      }),
      ({ made, most, denied, waiting }, flow, { budget: { jobs = 0 } }) => {
        expect(most).toBeLessThanOrEqual(jobs);
        expect(waiting).toBe(0);
        // One that is cancelled may have room that others waited for.
        if (!isCancelled(flow)) expect(made).toBe(denied > 0 ? jobs : jobsIn(flow));
      },
    ));

  it('is not exceeded where submits are refused and given back', () =>
    check(
      fc.record({
        budget: fc.record({ jobs: fc.integer({ min: 1, max: 30 }) }),
        jobs: fc.record({ costUsd: fc.constant(0.01), refuseEvery: fc.integer({ min: 2, max: 4 }) }),
      }),
      ({ most, waiting }, _, { budget: { jobs = 0 } }) => {
        expect(most).toBeLessThanOrEqual(jobs);
        expect(waiting).toBe(0);
      },
    ));

  it('is exceeded in money by what was under way at most, and is used whole before anybody is denied', () =>
    check(
      fc.record({
        budget: fc.record({ costUsd: fc.integer({ min: 1, max: 40 }) }),
        jobs: fc.record({ costUsd: fc.double({ min: 0.3, max: 3, noNaN: true }) }),
      }),
      ({ costUsd, denied, waiting }, flow, { budget, jobs }) => {
        const limit = budget.costUsd ?? 0;
        expect(costUsd).toBeLessThanOrEqual(limit + lanesIn(flow) * jobs.costUsd);
        expect(waiting).toBe(0);
        if (denied > 0 && !isCancelled(flow)) expect(costUsd).toBeGreaterThan(limit - 1e-6);
      },
    ));
});

describe('a budget of one workflow', () => {
  const alone = (budget: BudgetInput) =>
    new RunBudget({ whole: budget, granted: budget }, { wait: () => Promise.reject(new Error('nobody comes')) });

  it('is denied at once where it is used up, and stays so', async () => {
    const budget = alone({ jobs: 1 });
    expect(await budget.take()).toBe(true);
    expect(await budget.take()).toBe(false);
    budget.giveBack();
    expect(await budget.take()).toBe(false);
  });

  it('is not ended by what only might have been wanted', async () => {
    const budget = alone({ jobs: 1 });
    expect(budget.tryTake()).toBe(true);
    expect(budget.tryTake()).toBe(false);
    budget.giveBack();
    expect(await budget.take()).toBe(true);
  });

  it('takes it that a workflow within which cannot tell has spent its part', async () => {
    const budget = alone({ jobs: 5 });
    expect(budget.share('a', 3, () => Promise.resolve())).toEqual({ whole: { jobs: 5 }, granted: { jobs: 3 } });
    budget.ended('a');
    expect([await budget.take(), await budget.take(), await budget.take()]).toEqual([true, true, false]);
    expect(budget.use).toEqual({ jobs: { limit: 5, used: 5 } });
  });

  it('has no room for more once the cost of a job is not known', async () => {
    const budget = alone({ costUsd: 5 });
    expect(await budget.take()).toBe(true);
    budget.spend(undefined);
    expect(await budget.take()).toBe(false);
    expect(budget.use).toEqual({ costUsd: { limit: 5 } });
  });
});
