import { afterAll, describe, expect, it } from 'vitest';
import type { EvaluateTask } from '../../../activities/contract.js';
import { evaluateTask } from '../../../activities/evaluate-task.js';
import type { VisibleValues } from '../../../activities/visible-values.js';
import { parseYaml } from '../../../config/index.js';
import { compileDefinition } from '../../../definition/compile-definition.js';
import { dryRun } from '../../../definition/dry-run.js';
import { endpointsOf } from '../../../definition/endpoints.js';
import { estimate, leastMs } from '../../../definition/estimate.js';
import { createExpressionEngine } from '../../../definition/index.js';
import { inspectDefinition } from '../../../definition/inspect.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import type { StepPlan } from '../../../workflows/plan.js';
import { config } from './config.js';

// Its time limit is not what is tested, and a busy machine may take a while for a thousand items.
const engine = createExpressionEngine({ processes: 1, timeoutMs: 20_000 });
afterAll(() => engine.close());

async function forecastOf(steps: JsonObject, input?: JsonValue, rest: JsonObject = {}) {
  const { plan } = compileDefinition({ version: 1, steps, ...rest }, endpointsOf(config));
  const forecast = await dryRun(plan, input, engine);
  return { ...forecast, estimate: estimate(plan.steps, forecast.steps) };
}

const unknown = (...names: string[]) => ({ $dependsOn: names });
const DRAW: JsonObject = {
  forEach: '{% $input.titles %}',
  endpoint: 'draw',
  input: { title: '{% $item %}', n: '{% $index %}' },
};

describe('before anything runs', () => {
  it('the jobs of a step over the input are known, and what reads their outputs is not', async () => {
    const { steps, output, failures } = await forecastOf(
      {
        draw: DRAW,
        best: { set: '{% [$steps.draw.output[score > 0.5]] %}' },
        sheet: {
          endpoint: 'sheet',
          input: { images: '{% [$steps.best.output.image] %}', title: '{% $input.titles[0] %}' },
        },
      },
      { titles: ['a', 'b'] },
      { output: { sheet: '{% $steps.sheet.output %}', of: '{% $count($input.titles) %}' } },
    );
    expect(failures).toEqual([]);
    expect(steps).toEqual([
      {
        name: 'draw',
        fate: 'runs',
        dependsOn: [],
        items: 2,
        bodies: [
          { title: 'a', n: 0 },
          { title: 'b', n: 1 },
        ],
      },
      { name: 'best', fate: 'runs', dependsOn: [], bodies: [unknown('$steps.draw')] },
      { name: 'sheet', fate: 'runs', dependsOn: [], bodies: [{ images: unknown('$steps.best'), title: 'a' }] },
    ]);
    expect(output).toEqual({ sheet: unknown('$steps.sheet'), of: 2 });
  });

  it('without an input, what reads it is not known either', async () => {
    const { steps } = await forecastOf({ draw: DRAW, two: { set: '{% 1 + 1 %}' } });
    expect(steps).toEqual([
      {
        name: 'draw',
        fate: 'runs',
        dependsOn: [],
        items: 'unknown',
        bodies: [{ title: unknown('$item'), n: unknown('$index') }],
      },
      { name: 'two', fate: 'runs', dependsOn: [], bodies: [2] },
    ]);
  });

  it.each<[string, JsonObject, JsonValue]>([
    ['a value', { a: { set: '{% $input.n %}' }, b: { set: '{% $steps.a.output + 1 %}' } }, 6],
    ['a value that is nothing', { a: { set: '{% $input.x %}' }, b: { set: '{% $steps.a.output = null %}' } }, true],
    [
      'a list',
      { a: { forEach: '{% $input.l %}', set: '{% $item * 2 %}' }, b: { set: '{% $sum($steps.a.output) %}' } },
      12,
    ],
    [
      'an item alone',
      { a: { forEach: '{% $input.n %}', set: '{% $item %}' }, b: { set: '{% $steps.a.output %}' } },
      [5],
    ],
    ['no item', { a: { ...DRAW, forEach: '{% $input.x %}' }, b: { set: '{% $steps.a.output %}' } }, []],
    [
      'a step that is skipped',
      { a: { ...DRAW, when: '{% $input.n > 9 %}' }, b: { set: '{% $steps.a.status %}' } },
      'skipped',
    ],
    [
      'the errors of items of which none failed',
      {
        a: { forEach: '{% $input.l %}', set: 1 },
        b: { set: '{% [$exists($steps.a.errors), $count($steps.a.errors)] %}' },
      },
      [false, 0],
    ],
    ['its output', { a: { ...DRAW, when: false }, b: { set: '{% $steps.a.output %}' } }, null],
    ['a step below', { b: { set: '{% $steps.a.output %}' }, a: { set: 1 } }, 1],
    [
      'a failed step that is passed over',
      { a: { onError: 'continue', set: '{% $input.n & $error("x") %}' }, b: { set: '{% $steps.a.status %}' } },
      'failed',
    ],
    ['a job', { a: { endpoint: 'draw', input: { n: 1 } }, b: { set: '{% $steps.a.output %}' } }, unknown('$steps.a')],
    [
      'a value that may be skipped',
      {
        a: { endpoint: 'draw', input: { n: 1 } },
        b: { when: '{% $steps.a.output %}', set: 1 },
        c: { set: '{% $steps.b.output %}' },
      },
      unknown('$steps.b'),
    ],
    [
      'whatever was asked for by hand',
      { a: { endpoint: 'draw', input: { n: 1 } }, b: { needs: ['a'], set: '{% $keys($steps) %}' } },
      unknown('$steps'),
    ],
    ['the run', { b: { set: '{% $run.workflowId %}' } }, unknown('$run')],
    ['the time, and what is drawn by lot', { b: { set: '{% [$now(), $random()] %}' } }, unknown('$now', '$random')],
  ])('of what a step reads: %s', async (_, steps, value) => {
    const forecast = await forecastOf(steps, { n: 5, l: [1, 2, 3] });
    expect(forecast.steps.at(steps.c === undefined && Object.keys(steps)[0] === 'b' ? 0 : -1)?.bodies).toEqual([value]);
  });

  it('a list that is written out has a length, also where its items are not known', async () => {
    const { steps } = await forecastOf({
      a: { endpoint: 'draw', input: { n: 1 } },
      b: { ...DRAW, forEach: ['{% $steps.a.output %}', 'x'] },
    });
    expect(steps[1]).toMatchObject({ items: 2, bodies: [{ title: unknown('$item'), n: unknown('$index') }, {}] });
  });

  it('what fails with this input is named with its place', async () => {
    const { failures, steps } = await forecastOf(
      {
        draw: { ...DRAW, input: { title: '{% $item.name %}' } },
        sum: { set: { a: ['{% "x" + $input.n %}'] } },
        text: { endpoint: 'sheet', input: '{% $input.n %}' },
        empty: { endpoint: 'sheet', input: '{% {} %}' },
        nightly: { endpoint: 'nightly', input: '{% {} %}' },
        many: { forEach: '{% [1..10001] %}', set: 1 },
      },
      { titles: [{ name: 'a' }, {}], n: 1 },
    );
    expect(failures.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([
      'steps.draw.input.title: the expression yields nothing (item 1)',
      expect.stringMatching(/^steps\.sum\.set\.a\.0: The left side of the "\+" operator must evaluate to a number/),
      'steps.text.input: must be an object, not 1',
      "steps.empty.input: is empty, and RunPod's workers refuse an empty input",
      'steps.many.forEach: yields 10001 items; at most 10000 can be run',
    ]);
    expect(steps.map(({ fate }) => fate)).toEqual(['fails', 'fails', 'fails', 'fails', 'runs', 'fails']);
  });

  it.each<[string, JsonObject]>([
    ['a template', { set: { n: '{% $input.n + 1 %}', no: '{% $input.no %}', l: ['x', '{% $input.l[$ > 2] %}'] } }],
    ['an expression that yields nothing', { set: '{% $input.no %}' }],
    ['items', { forEach: '{% $input.l %}', set: '{% $item * $index %}' }],
    ['one item', { forEach: '{% $input.l[0] %}', set: '{% $item %}' }],
    ['no items', { forEach: '{% $input.no %}', set: '{% $item %}' }],
    ['items that are written out', { forEach: ['{% $input.n %}', 2], set: '{% $item %}' }],
    ['a condition that does not hold', { when: '{% $input.l[$ > 9] %}', set: 1 }],
    ['an input', { endpoint: 'draw', input: { n: '{% $input.n %}' } }],
    ['an input that lacks a value', { endpoint: 'draw', input: { n: '{% $input.no %}' } }],
    ['an input of an item that is none', { forEach: [{ a: 1 }, 2], endpoint: 'draw', input: '{% $item %}' }],
    ['an expression that throws', { forEach: '{% $input.l %}', set: '{% $item = 2 ? $error("no") : $item %}' }],
  ])('says what the activity says in the run: %s', async (_, step) => {
    const input = { n: 1, l: [1, 2, 3] };
    const { plan } = compileDefinition({ version: 1, steps: { a: step } }, endpointsOf(config));
    const { steps, failures } = await dryRun(plan, input, engine);
    const { when, forEach, body, kind } = plan.steps[0] as StepPlan;
    const task: EvaluateTask = {
      ...{ name: 'a', kind: kind === 'job' ? 'input' : 'value', body, inlineMaxBytes: 1_000 },
      ...(when !== undefined && { when }),
      ...(forEach !== undefined && { forEach }),
    };
    const load = () => Promise.reject(new Error('nothing is stored here'));
    const visible: VisibleValues = { bindingsFor: () => ({ input }), rowsFor: (rows) => rows, load };
    const { result } = await evaluateTask(task, visible, { engine, budgetMs: 3_000 });
    const [found] = steps;
    switch (result.kind) {
      case 'one':
        return expect(found).toMatchObject({ fate: 'runs', bodies: [result.value] });
      case 'each':
        return expect(found).toMatchObject({ fate: 'runs', bodies: result.values, items: result.values.length });
      case 'skipped':
        return expect(found?.fate).toBe('skipped');
      default:
        expect(found?.fate).toBe('fails');
        expect('message' in result && result.message).toContain(failures[0]?.message.replace(/ \(item \d+\)$/, ''));
    }
  });

  it('an item of the second hundred has its own index', async () => {
    const { steps } = await forecastOf({ a: DRAW }, { titles: Array.from({ length: 250 }, (_, n) => `t${n}`) });
    expect(steps[0]?.bodies[249]).toEqual({ title: 't249', n: 249 });
  });
});

describe('what a run asks of its endpoints', () => {
  it('is a submit and a read a job, endpoint by endpoint', async () => {
    const { estimate: found } = await forecastOf(
      {
        draw: DRAW,
        again: { ...DRAW, forEach: [1, 2] },
        sheet: { endpoint: ['sheet', 'draw'], input: { a: 1 } },
        skipped: { when: false, endpoint: 'sheet', input: { a: 1 } },
        value: { set: 1 },
      },
      { titles: ['a', 'b', 'c'] },
    );
    expect(found).toEqual({
      jobs: { min: 6, max: 6 },
      leastRequests: 12,
      endpoints: [
        { endpoint: 'local/draw-1', jobs: { min: 5, max: 5 } },
        { endpoint: 'local/sheet-1', jobs: { min: 1, max: 1 } },
      ],
      leastMs: 0,
    });
  });

  it('has no upper end where the items are not known, and none for sure where a step may be skipped', async () => {
    const { estimate: found } = await forecastOf({
      first: { endpoint: 'sheet', input: { a: 1 } },
      maybe: { when: '{% $steps.first.output %}', endpoint: 'sheet', input: { a: 1 } },
      each: { ...DRAW, forEach: '{% $steps.first.output %}' },
    });
    expect(found).toMatchObject({
      jobs: { min: 1 },
      endpoints: [{ jobs: { min: 1, max: 2 } }, { jobs: { min: 0 } }],
    });
    expect(found.jobs.max).toBeUndefined();
  });

  it.each([
    [0, 0],
    [1, 0],
    [1_000, 0],
    [1_001, 10_000],
    [10_000, 90_000],
  ])('%i jobs on one endpoint take at least %i ms', (jobs, ms) => {
    expect(leastMs(jobs)).toBe(ms);
  });

  it('takes the time of the longest path, or of the busiest endpoint', async () => {
    const each = (endpoint: string, count: number, needs: readonly string[] = []): JsonObject => ({
      ...{ needs, endpoint, forEach: `{% [1..${count}] %}`, input: { n: '{% $item %}' } },
    });
    const path = await forecastOf({ a: each('local/a', 1_001), b: each('local/b', 2_001, ['a']) });
    expect(path.estimate.leastMs).toBe(30_000);
    const busy = await forecastOf({ a: each('local/a', 1_000), b: each('local/a', 1_000), c: each('local/a', 1) });
    expect(busy.estimate.leastMs).toBe(20_000);
  });
});

describe('an inspection', () => {
  const text =
    'version: 1\nsteps:\n  a:\n    forEach: "{% $input.l %}"\n    set: "{% $input.l[$ > 1] %}"\n  b: { set: "{% $error(\'no\') %}" }\n';
  const source = parseYaml(text, 'x.yaml');
  const file = { definition: source.value as JsonObject, source };

  it('says where in the file it warns, and where an expression fails', async () => {
    const { warnings, failures } = await inspectDefinition(file, { l: [1] }, { config, engine });
    expect(warnings.map(({ text: line }) => line.slice(0, 44))).toEqual([
      'x.yaml:5:5: steps.a.set: is the bare item wh',
    ]);
    expect(failures.map(({ text: line }) => line)).toEqual(['x.yaml:6:8: steps.b.set: no (D3137, near character 7)']);
  });

  it('refuses an input that does not fit', async () => {
    await expect(inspectDefinition(file, [1], { config, engine })).rejects.toThrow(
      'input: must be an object, not a list',
    );
  });
});
