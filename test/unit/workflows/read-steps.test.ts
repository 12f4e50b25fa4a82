import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EvaluateOutcome } from '../../../activities/contract.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import { evaluate } from '../../../activities/evaluate.js';
import { createFileStore } from '../../../artifacts/index.js';
import { compilePipeline, createExpressionEngine } from '../../../definition/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { viewsOf } from '../../../workflows/pipelines/pipeline-report.js';
import { initialState, type PipelineState } from '../../../workflows/pipelines/pipeline-state.js';
import { readOutput, readStep } from '../../../workflows/pipelines/read-steps.js';
import type { PipelinePlan, StepPlan } from '../../../workflows/plan.js';
import { config } from '../definition/config.js';

// Its time limit is not what is tested, and a machine may be busy.
const expressions = createExpressionEngine({ processes: 1, timeoutMs: 20_000 });
let root = '';
let deps: ActivityDeps;

beforeAll(async () => {
  root = await mkdtemp(path.join(os.tmpdir(), 'jobrelay-read-steps-'));
  deps = { store: createFileStore({ root }), expressions } as unknown as ActivityDeps;
});
afterAll(async () => {
  await expressions.close();
  await rm(root, { recursive: true, force: true });
});

interface Given {
  readonly input?: JsonValue;
  /** What the step `before` returned. */
  readonly before?: JsonValue;
}

/** A plan of two steps, the first of which has ended, and the second. */
function planOf(step: JsonObject, { input = {}, before = null }: Given, output?: JsonValue) {
  const definition = { version: 1, steps: { before: { set: 1 }, step }, ...(output !== undefined && { output }) };
  const plan = { ...compilePipeline({ definition }, config), input };
  const second = plan.steps[1] as StepPlan;
  const initial = initialState(plan);
  const state: PipelineState = {
    ...initial,
    steps: { ...initial.steps, before: { status: 'completed', items: [], output: before } },
  };
  return { plan, state, step: second };
}

async function asked(plan: PipelinePlan, state: PipelineState, step: StepPlan): Promise<EvaluateOutcome | undefined> {
  const { name, kind, when, body } = step;
  const task = {
    name,
    body,
    kind: kind === 'job' ? 'input' : 'value',
    inlineMaxBytes: 65_536,
    ...(when !== undefined && { when }),
  } as const;
  const run = { workflowId: 'pipeline:1', runId: 'r', startedAt: '2026-01-01T00:00:00.000Z' };
  const request = { tasks: [task], input: plan.input, steps: viewsOf(state, step.needs), run };
  return (await evaluate(request, deps)).outcomes[0];
}

const job = (input: JsonValue, more: JsonObject = {}) => ({ endpoint: 'draw', input, ...more });

describe('a step that the workflow reads', () => {
  it.each<[string, JsonObject, Given]>([
    ['a literal input', job({ prompt: 'a red boat' }), {}],
    ['a field of an output', job({ url: '{% $steps.before.output.url %}' }), { before: { url: 'u' } }],
    ['a number made of another', job({ n: '{% $steps.before.output.n + 1 %}' }), { before: { n: 1 } }],
    [
      'a text made of others',
      { set: '{% $input.a & ", " & $steps.before.output %}' },
      { input: { a: 'x' }, before: 'y' },
    ],
    ['a whole output as the input', job('{% $steps.before.output %}'), { before: { a: [1] } }],
    ['a list of one item', { set: ['{% $steps.before.output %}'] }, { before: [[1]] }],
    ['a condition that is met', job({ a: 1 }, { when: '{% $input.n > 1 %}' }), { input: { n: 2 } }],
    [
      'a condition that is not met',
      job({ a: '{% $input.missing %}' }, { when: '{% $input.n > 1 %}' }),
      { input: { n: 1 } },
    ],
    ['a negative zero', { set: '{% 0 * $input.n %}' }, { input: { n: -1 } }],
  ])('has the outcome that the activity has: %s', async (_, given, values) => {
    const { plan, state, step } = planOf(given, values);
    const outcome = readStep(plan, state, step);
    expect(outcome).toBeDefined();
    expect(outcome).toStrictEqual(await asked(plan, state, step));
  });
});

const REFERENCE = {
  $artifact: { uri: 'file:///a', sha256: 'a'.repeat(64), bytes: 1, mediaType: 'text/plain', encoding: 'text' },
};

describe('a step that is left to the activity', () => {
  it.each<[string, JsonObject, Given]>([
    ['functions', { set: '{% $uppercase($input.a) %}' }, { input: { a: 'x' } }],
    ['a forEach', job({ a: 1 }, { forEach: [1, 2] }), {}],
    ['a field that is missing', job({ a: '{% $input.missing %}' }), {}],
    ['a text long enough to be a file', { set: '{% $input.a %}' }, { input: { a: 'x'.repeat(1_024) } }],
    ['a stored value', { set: '{% $steps.before.output %}' }, { before: { image: REFERENCE } }],
    ['a field of a stored value', { set: '{% $steps.before.output.title %}' }, { before: REFERENCE }],
    ['a secret', job({ token: { $secret: 'HF_TOKEN' } }), {}],
    ['an escaped key', { set: '{% $steps.before.output %}' }, { before: { $$artifact: 1 } }],
    ['an input that is no object', job('{% $steps.before.output %}'), { before: [1] }],
    ['an input that is empty', job('{% $steps.before.output %}'), { before: {} }],
    ['a condition that is no boolean', job({ a: 1 }, { when: '{% $input.n %}' }), { input: { n: 1 } }],
  ])('has no outcome yet: %s', (_, given, values) => {
    const { plan, state, step } = planOf(given, values);
    expect(readStep(plan, state, step)).toBeUndefined();
  });

  it('is every step of a plan of version 1', () => {
    const { plan, state, step } = planOf(job({ a: 1 }), {});
    expect(readStep(plan, state, step)).toBeDefined();
    expect(readStep({ ...plan, v: 1 }, state, step)).toBeUndefined();
  });
});

describe('the output of a pipeline', () => {
  it('is read where it is plain', () => {
    const { plan, state } = planOf({ set: 1 }, { before: { n: 3 } }, { n: '{% $steps.before.output.n %}' });
    expect(readOutput(plan, state)).toEqual({ kind: 'one', value: { n: 3 } });
    expect(readOutput({ ...plan, v: 1 }, state)).toBeUndefined();
  });

  it('is left to the activity where it is not, or where the definition has none', () => {
    const counted = planOf({ set: 1 }, { before: [3] }, '{% $count($steps.before.output) %}');
    expect(readOutput(counted.plan, counted.state)).toBeUndefined();
    const none = planOf({ set: 1 }, {});
    expect(readOutput(none.plan, none.state)).toBeUndefined();
  });
});

describe('the formulas of a plan', () => {
  it('take no more room than a history has for them', () => {
    const steps = Object.fromEntries(
      Array.from({ length: 100 }, (_, at) => [`s${at}`, { set: { text: 'x'.repeat(600), n: '{% $input.n %}' } }]),
    );
    const plan = compilePipeline({ definition: { version: 1, steps } }, config);
    const formulas = plan.steps.flatMap(({ formula }) => (formula === undefined ? [] : [formula]));
    expect(formulas.length).toBeGreaterThan(10);
    expect(JSON.stringify(formulas).length).toBeLessThan(33_000);
    expect(plan.steps.at(-1)?.formula).toBeUndefined();
  });
});
