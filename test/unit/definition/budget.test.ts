import { describe, expect, it } from 'vitest';
import { compileJob, compilePipeline, DefinitionError } from '../../../definition/index.js';
import type { JsonObject } from '../../../job-api/json.js';
import { config as plain } from './config.js';

const draw = plain.endpoints.draw ?? { alias: 'draw', use: [] };
const config = { ...plain, endpoints: { ...plain.endpoints, draw: { ...draw, price: { perSecond: 0.01 } } } };

/** What is wrong, each as `path: message`. */
function problemsOf(compile: () => unknown): readonly string[] {
  try {
    compile();
  } catch (error) {
    if (error instanceof DefinitionError) return error.message.split('\n');
    throw error;
  }
  throw new Error('nothing was refused');
}

const job = (budget: unknown, endpoint: string | string[] = 'draw') =>
  compileJob({ endpoint, input: { a: 1 }, budget }, config);
const step = { endpoint: 'draw', input: { a: 1 } };
const pipeline = (definition: JsonObject, more: object = {}) =>
  compilePipeline({ definition: { version: 1, ...definition }, ...more }, config);

describe('the budget of a job', () => {
  it('is in its plan', () => {
    expect(job({ jobs: 3, costUsd: 0.5 }).budget).toEqual({ jobs: 3, costUsd: 0.5 });
    expect(compileJob({ endpoint: 'draw', input: { a: 1 } }, config)).not.toHaveProperty('budget');
  });

  it.each([
    [{}, 'budget: must be a map with jobs, costUsd or both'],
    [5, 'budget: must be a map, not a number'],
    [{ jobs: 0 }, 'budget.jobs: must be at least 1'],
    [{ jobs: 1.5 }, 'budget.jobs: must be a whole number'],
    [{ costUsd: 0 }, 'budget.costUsd: must be more than 0'],
    [{ cost: 1 }, 'budget.cost: unknown field (did you mean costUsd?)'],
  ])('cannot be %j', (budget, message) => {
    expect(problemsOf(() => job(budget))).toEqual([message]);
  });

  it('cannot be in money where an endpoint of the list has no price', () => {
    expect(problemsOf(() => job({ costUsd: 1 }, ['draw', 'sheet', 'local/x']))).toEqual([
      'budget.costUsd: needs a price of every endpoint, and "sheet" has none: write price: { perSecond: … } at endpoints.sheet in jobrelay.yaml, or give the budget in jobs alone',
      'budget.costUsd: needs a price of every endpoint, and "local/x" has none: name it by an alias that has a price in jobrelay.yaml, or give the budget in jobs alone',
    ]);
  });
});

describe('the budget of a pipeline', () => {
  it('is that of its definition, and field by field that of the start', () => {
    const definition = { budget: { jobs: 3, costUsd: 1 }, steps: { step } };
    expect(pipeline(definition).budget).toEqual({ jobs: 3, costUsd: 1 });
    expect(pipeline(definition, { budget: { jobs: 9 } }).budget).toEqual({ jobs: 9, costUsd: 1 });
    expect(pipeline({ steps: { step } }, { budget: { jobs: 9 } }).budget).toEqual({ jobs: 9 });
    expect(pipeline({ steps: { step } })).not.toHaveProperty('budget');
  });

  it('cannot be in money where an endpoint of any step has no price, also in nested pipelines', () => {
    const within = { version: 1, steps: { deep: { endpoint: 'local/x', input: { a: 1 } } } };
    const steps = { step, other: { ...step, endpoint: ['draw', 'sheet'] }, nested: { pipeline: within } };
    const expected = [
      expect.stringContaining('budget.costUsd: needs a price of every endpoint, and "sheet" (step other) has none'),
      expect.stringContaining('budget.costUsd: needs a price of every endpoint, and "local/x" (step nested) has none'),
    ];
    expect(problemsOf(() => pipeline({ budget: { costUsd: 1 }, steps }))).toEqual(expected);
    expect(problemsOf(() => pipeline({ steps }, { budget: { costUsd: 1 } }))).toEqual(expected);
  });

  it('cannot stand in a nested one', () => {
    const within = { version: 1, budget: { jobs: 1 }, steps: { step } };
    expect(problemsOf(() => pipeline({ steps: { nested: { pipeline: within } } }))).toEqual([
      'steps.nested.pipeline.budget: a budget is that of a whole run: write it in the definition that is started, or give it to the start',
    ]);
  });
});
