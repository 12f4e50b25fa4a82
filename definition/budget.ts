/** The budget of a run: what it may be, and whether its jobs have the prices that a budget of money goes by. */
import { z } from 'zod';
import { closedObject } from '../config/index.js';
import type { BudgetInput } from '../workflows/contract.js';
import type { StepPlan, Target } from '../workflows/plan.js';
import type { EndpointDirectory } from './endpoints.js';
import type { Estimate } from './estimate.js';
import { type Problem, quote } from './problems.js';

const MAX_JOBS = 10_000_000;
const EXPECTED = 'must be a map with jobs, costUsd or both';

export const budgetSchema = closedObject({
  jobs: z
    .int()
    .min(1)
    .max(MAX_JOBS)
    .optional()
    .meta({
      description: 'Submits, those that were refused for certain apart.',
      examples: [100],
    }),
  costUsd: z
    .number()
    .refine((value) => value > 0, 'must be more than 0')
    .optional()
    .meta({
      description: 'US dollars, by the prices of the endpoints, of the jobs that have ended.',
      exclusiveMinimum: 0,
      examples: [2.5],
    }),
})
  .refine(({ jobs, costUsd }) => jobs !== undefined || costUsd !== undefined, {
    error: EXPECTED,
    // A field that is mistyped is enough to say.
    when: ({ issues }) => issues.length === 0,
  })
  .meta({ minProperties: 1 })
  .transform(
    ({ jobs, costUsd }): BudgetInput => ({
      ...(jobs !== undefined && { jobs }),
      ...(costUsd !== undefined && { costUsd }),
    }),
  );

/** Endpoints without a price, of which a budget of money could not tell what they cost. */
export function problemsOfPrices(
  { costUsd }: BudgetInput,
  steps: readonly Pick<StepPlan, 'name' | 'job' | 'nested'>[],
  { hasPrice }: Pick<EndpointDirectory, 'hasPrice'>,
): readonly Problem[] {
  if (costUsd === undefined) return [];
  const users = new Map<string, string[]>();
  for (const { name, job, nested } of steps) {
    for (const endpoint of new Set(job?.targets.map((target) => target.endpoint) ?? nested?.endpoints ?? [])) {
      users.set(endpoint, [...(users.get(endpoint) ?? []), name]);
    }
  }
  return unpriced([...users.keys()], hasPrice).map((endpoint) =>
    withoutPrice(endpoint, ` (step ${(users.get(endpoint) ?? []).join(', ')})`),
  );
}

/** The same of one job. */
export function problemsOfJobPrices(
  { costUsd }: BudgetInput,
  targets: readonly Target[],
  { hasPrice }: Pick<EndpointDirectory, 'hasPrice'>,
): readonly Problem[] {
  if (costUsd === undefined) return [];
  return unpriced(
    targets.map(({ endpoint }) => endpoint),
    hasPrice,
  ).map((endpoint) => withoutPrice(endpoint, ''));
}

function unpriced(endpoints: readonly string[], hasPrice: EndpointDirectory['hasPrice']): readonly string[] {
  return [...new Set(endpoints)].filter((endpoint) => !hasPrice(endpoint));
}

function withoutPrice(endpoint: string, where: string): Problem {
  const remedy = endpoint.includes('/')
    ? 'name it by an alias that has a price in jobrelay.yaml'
    : `write price: { perSecond: … } at endpoints.${endpoint} in jobrelay.yaml`;
  return {
    path: ['budget', 'costUsd'],
    message: `needs a price of every endpoint, and ${quote(endpoint)}${where} has none: ${remedy}, or give the budget in jobs alone`,
  };
}

/** A budget that is certain not to do. */
export function warningsOfBudget({ jobs }: BudgetInput, estimate: Pick<Estimate, 'jobs'>): readonly Problem[] {
  const { min } = estimate.jobs;
  if (jobs === undefined || min <= jobs) return [];
  const message = `is too small: where nothing fails the run submits at least ${min} jobs, so it will end with BudgetExceeded`;
  return [{ path: ['budget', 'jobs'], message }];
}
