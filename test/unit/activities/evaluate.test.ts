import { describe, expect, it } from 'vitest';
import type { EvaluateTask } from '../../../activities/contract.js';
import type { JsonValue } from '../../../job-api/json.js';
import type { JobSettings } from '../../../workflows/plan.js';
import { completed, failed, useEvaluation } from './evaluation.js';

const { outcomeOf, outcomesOf } = useEvaluation();

const EAGER: JobSettings = {
  targets: [{ endpoint: 'p/e', provider: 'p', endpointId: 'e' }],
  timeouts: { queueMs: 1, runMs: 1 },
  retry: { platform: 0, queue: 0, handler: 99 },
  onAmbiguousSubmit: 'fail',
};

describe('a value', () => {
  it('is its template with the expressions evaluated, and null for those that yield nothing', async () => {
    const body = { a: '{% $input.n + 1 %}', b: ['x', '{% $steps.s.output.t %}'], c: '{% $input.no %}', d: 'plain' };
    const outcome = await outcomeOf({ body }, { input: { n: 1 }, steps: { s: completed({ t: [1, 2] }) } });
    expect(outcome).toEqual({ kind: 'one', value: { a: 2, b: ['x', [1, 2]], c: null, d: 'plain' } });
    expect(await outcomeOf({ body: '{% $input.no %}' })).toEqual({ kind: 'one', value: null });
  });

  it('needs no engine where it has no expressions', async () => {
    expect(await outcomeOf({ body: { a: [1, null] } })).toEqual({ kind: 'one', value: { a: [1, null] } });
  });

  it('sees the run and what became of the steps', async () => {
    const steps = {
      failed: { status: 'failed', output: null, error: { type: 'JobFailed', message: 'no' } },
      each: { status: 'completed', output: [1, null], errors: [null, { type: 'JobFailed', message: 'x' }] },
    } as const;
    const body =
      '{% [$run.workflowId, $steps.failed.status, $steps.failed.error.type, $steps.each.errors[1].message] %}';
    expect(await outcomeOf({ body }, { steps })).toEqual({
      kind: 'one',
      value: ['pipeline:1', 'failed', 'JobFailed', 'x'],
    });
  });

  it('may take all the steps together', async () => {
    const steps = { a: completed(1), b: completed(2) };
    expect(await outcomeOf({ body: '{% $steps.*.output %}' }, { steps })).toEqual({ kind: 'one', value: [1, 2] });
  });

  // The same lists as a filter with no hit, one and two, written bare and in brackets.
  it.each([
    ['{% $input.l[n > 5] %}', null],
    ['{% $input.l[n > 2] %}', { n: 3 }],
    ['{% $input.l[n > 1] %}', [{ n: 2 }, { n: 3 }]],
    ['{% [$input.l[n > 5]] %}', []],
    ['{% [$input.l[n > 2]] %}', [{ n: 3 }]],
    ['{% [$input.l[n > 1]] %}', [{ n: 2 }, { n: 3 }]],
  ])('of %s', async (body, value) => {
    expect(await outcomeOf({ body }, { input: { l: [{ n: 1 }, { n: 2 }, { n: 3 }] } })).toEqual({ kind: 'one', value });
  });
});

describe('when', () => {
  it.each<[EvaluateTask['when'] & {}, boolean]>([
    ['{% $input.yes %}', true],
    ['{% $input.list %}', true],
    ['{% $count($input.list) > 0 %}', true],
    [true, true],
    [false, false],
    ['{% $input.nothing %}', false],
    ['{% null %}', false],
    ['{% 0 %}', false],
    ['{% "" %}', false],
    ['{% [] %}', false],
    ['{% $input.list[$ = "z"] %}', false],
  ])('%s', async (when, runs) => {
    const outcome = await outcomeOf({ when, body: 1 }, { input: { yes: 'y', list: ['a'] } });
    expect(outcome.kind).toBe(runs ? 'one' : 'skipped');
  });

  it('keeps what it guards from being evaluated', async () => {
    const task = { when: false, forEach: '{% $error("no") %}', body: '{% $error("no") %}' };
    expect(await outcomeOf(task)).toEqual({ kind: 'skipped' });
  });
});

describe('forEach', () => {
  const body = { title: '{% $item %}', at: '{% $index %}' };

  it.each<[string, EvaluateTask['forEach'] & {}, JsonValue]>([
    [
      'a list',
      '{% $input.list %}',
      [
        { title: 'x', at: 0 },
        { title: 'y', at: 1 },
      ],
    ],
    ['a single value as one item', '{% $input.list[0] %}', [{ title: 'x', at: 0 }]],
    ['nothing as none', '{% $input.no %}', []],
    ['an empty list as none', '{% [] %}', []],
    ['the output of a skipped step as none', '{% $steps.skipped.output %}', []],
    [
      'a list with expressions in it',
      ['{% $input.list[1] %}', 'z'],
      [
        { title: 'y', at: 0 },
        { title: 'z', at: 1 },
      ],
    ],
  ])('takes %s', async (_, forEach, values) => {
    const given = { input: { list: ['x', 'y'] }, steps: { skipped: { status: 'skipped', output: null } } } as const;
    expect(await outcomeOf({ forEach, body }, given)).toEqual({ kind: 'each', values });
  });

  it('gives a body without expressions to each item', async () => {
    expect(await outcomeOf({ forEach: [1, 2, 3], body: { a: 1 } })).toEqual({
      kind: 'each',
      values: [{ a: 1 }, { a: 1 }, { a: 1 }],
    });
  });

  it('keeps the values of up to 100 items apart, and takes more for one value', async () => {
    const taken = await outcomeOf({ forEach: '{% [1..100] %}', body: '{% $item %}' });
    expect(taken.kind === 'each' && taken.values.length).toBe(100);
    const more = await outcomeOf({ forEach: '{% [1..101] %}', body: '{% $item %}' });
    expect(more).toEqual({ kind: 'one', value: Array.from({ length: 101 }, (_, at) => at + 1) });
  });

  it('stores the items of jobs that are too many for one history, to be worked off in slices', async () => {
    const task = { name: 'sheet', kind: 'input', forEach: '{% [1..250] %}', body: { n: '{% $item %}' } } as const;
    const taken = await outcomeOf(task);
    expect(taken.kind === 'many' && taken.slices.map(({ count }) => count)).toEqual([100, 100, 50]);
  });

  it('stores fewer of them likewise where the history has no room for them, and in shorter slices where each may take many jobs', async () => {
    const task = { name: 'sheet', kind: 'input', forEach: '{% [1..30] %}', body: { n: '{% $item %}' } } as const;
    expect((await outcomeOf({ ...task, itemsHere: 30 })).kind).toBe('each');
    const taken = await outcomeOf({ ...task, itemsHere: 29, job: EAGER });
    expect(taken.kind === 'many' && taken.slices.map(({ count }) => count)).toEqual([10, 10, 10]);
    expect((await outcomeOf({ ...task, kind: 'value', itemsHere: 0 })).kind).toBe('each');
  });

  it('takes 10,000 items and no more', async () => {
    expect(await outcomeOf({ forEach: '{% [1..10001] %}', body: '{% $item %}' })).toEqual(
      failed('step "a", forEach: yields 10001 items; at most 10000 can be run', 'ValueTooLarge'),
    );
  });

  it('names the item that an expression failed for', async () => {
    const task = { name: 'draw', forEach: [2, 1, 0], body: { q: ['{% $item = 0 ? $error("zero") : $item %}'] } };
    expect(await outcomeOf(task)).toMatchObject({
      message: expect.stringMatching(/^step "draw", set.q\[0\] \(item 2\): zero/),
    });
  });
});

describe('the input of a job', () => {
  const job = { name: 'sheet', kind: 'input' } as const;

  it.each<[string, JsonValue, string]>([
    [
      'an expression in it yields nothing',
      { images: '{% $input.no %}' },
      'step "sheet", input.images: the expression yields nothing',
    ],
    ['it yields nothing as a whole', '{% $input.no %}', 'step "sheet", input: the expression yields nothing'],
    ['it is a list', '{% [1, 2] %}', 'step "sheet", input: must be an object, not a list'],
    ['it is a number', '{% 5 %}', 'step "sheet", input: must be an object, not 5'],
    ['it is null', '{% null %}', 'step "sheet", input: must be an object, not null'],
    ['it is empty', '{% {} %}', 'step "sheet", input: is empty, and RunPod\'s workers refuse an empty input'],
  ])('is an error where %s', async (_, body, message) => {
    expect(await outcomeOf({ ...job, body })).toEqual(failed(message));
  });

  it('names the item whose input is no input', async () => {
    expect(await outcomeOf({ ...job, forEach: [{ a: 1 }, 7], body: '{% $item %}' })).toEqual(
      failed('step "sheet", input (item 1): must be an object, not 7'),
    );
    expect(await outcomeOf({ ...job, forEach: [{ a: 1 }, {}], body: { x: '{% $item.a %}' } })).toEqual(
      failed('step "sheet", input.x (item 1): the expression yields nothing'),
    );
  });

  it('may be empty where the endpoint takes that, and hold null where the expression says so', async () => {
    expect(await outcomeOf({ ...job, body: '{% {} %}', allowEmptyInput: true })).toEqual({ kind: 'one', value: {} });
    expect(await outcomeOf({ ...job, body: { a: '{% null %}' } })).toEqual({ kind: 'one', value: { a: null } });
  });
});

describe('a bad expression', () => {
  it('fails its own step and not its neighbours', async () => {
    const outcomes = await outcomesOf([
      { name: 'a', body: '{% 1 %}' },
      { name: 'b', body: '{% "x" + 1 %}' },
      { name: 'c', body: '{% ($f := function($n) { $f($n) }; $f(0)) %}' },
      { name: 'd', body: '{% $match($pad("a", 60, "a") & "!", /^(a+)+$/) %}' },
      { name: 'e', when: '{% $foo() %}' },
      { name: 'output', body: { x: '{% $sum %}' } },
      { name: 'g', body: '{% 2 %}' },
    ]);
    expect(outcomes).toEqual([
      { kind: 'one', value: 1 },
      failed('step "b", set: The left side of the "+" operator must evaluate to a number (T2001, near character 5)'),
      failed('step "c", set: took longer than 1 s'),
      failed('step "d", set: took longer than 1 s'),
      failed('step "e", when: Attempted to invoke a non-function (T1006, near character 5)'),
      failed('output.x: yields a function, which JSON cannot hold'),
      { kind: 'one', value: 2 },
    ]);
  });
});

describe('an expression that takes the engine with it', () => {
  const small = useEvaluation({ maxMemoryMb: 64, timeoutMs: 20_000 });

  it('fails the step, at the field', async () => {
    const outcome = await small.outcomeOf({ body: { x: '{% [1..9000000] %}' } });
    expect(outcome).toEqual(failed('step "a", set: needs more than 64 MB of memory'));
  });
});
