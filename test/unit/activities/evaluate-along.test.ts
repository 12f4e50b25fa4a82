import { describe, expect, it, vi } from 'vitest';
import type { EvaluateTask } from '../../../activities/contract.js';
import type { ActivityDeps } from '../../../activities/deps.js';
import { evaluate } from '../../../activities/evaluate.js';
import type { ExpressionEngine } from '../../../definition/index.js';
import { completed, failed, useEvaluation } from './evaluation.js';

const { outcomesOf, store } = useEvaluation();
const PUT_OFF = { kind: 'put-off' };
const one = (value: unknown) => ({ kind: 'one', value });

const task = (name: string, body: EvaluateTask['body'], needs: readonly string[] = []) => ({ name, body, needs });

describe('tasks that wait for others of their call', () => {
  it('see their values, in turns', async () => {
    const outcomes = await outcomesOf([
      task('a', '{% [1, 2, 3] %}'),
      task('b', '{% $sum($steps.a.output) %}', ['a']),
      { ...task('c', '{% $item * $steps.b.output %}', ['a', 'b']), forEach: '{% $steps.a.output %}' },
      task('output', { c: '{% $steps.c.output %}', b: '{% $steps.b.status %}' }, ['a', 'b', 'c']),
    ]);
    expect(outcomes).toEqual([
      one([1, 2, 3]),
      one(6),
      { kind: 'each', values: [6, 12, 18] },
      one({ c: [6, 12, 18], b: 'completed' }),
    ]);
  });

  it('see one that is skipped as such', async () => {
    const skipped = { ...task('a', 1), when: '{% false %}' };
    const outcomes = await outcomesOf([skipped, task('b', '{% [$steps.a.status, $steps.a.output] %}', ['a'])]);
    expect(outcomes[1]).toEqual(one(['skipped', null]));
  });

  it('are put off where one of those fails, and so are those that wait for them', async () => {
    const outcomes = await outcomesOf([
      task('a', '{% $error("no") %}'),
      task('well', 1),
      task('b', '{% $steps.a.output %}', ['a']),
      task('c', '{% $steps.b.output %}', ['b']),
      task('d', '{% $steps.well.output + 1 %}', ['well']),
    ]);
    expect(outcomes).toEqual([failed(expect.stringContaining('no') as never), one(1), PUT_OFF, PUT_OFF, one(2)]);
  });

  it('are put off where they fail themselves: by themselves they say why', async () => {
    const wrong = task('b', '{% $error("no") %}', ['a']);
    expect(await outcomesOf([task('a', 1), wrong])).toEqual([one(1), PUT_OFF]);
    expect(await outcomesOf([wrong], { steps: { a: completed(1) } })).toEqual([
      failed(expect.stringContaining('step "b", set') as never),
    ]);
  });

  it('read what was stored of a value', async () => {
    const outcomes = await outcomesOf(
      [task('a', "{% $join([1..30000].('x')) %}"), task('b', '{% $length($steps.a.output) %}', ['a'])].map((each) => ({
        ...each,
        inlineMaxBytes: 1_000,
      })),
    );
    expect(outcomes[0]).toMatchObject(one({ $artifact: { bytes: 30_002 } }));
    expect(outcomes[1]).toEqual(one(30_000));
  });

  it('are put off where the values before them leave too little room in the event', async () => {
    const text = "{% $join([1..60000].('x')) %}";
    const before = ['a', 'b', 'c', 'd'].map((name) => task(name, text));
    const outcomes = await outcomesOf([...before, task('e', text, ['a']), task('f', 'short', ['a'])]);
    expect(outcomes.slice(0, 4)).toEqual(Array.from({ length: 4 }, () => one('x'.repeat(60_000))));
    expect(outcomes.slice(4)).toEqual([PUT_OFF, one('short')]);
  });

  it('are put off where those before them took the time', async () => {
    const slow = {
      evaluateBatch: async () => ({ texts: [], values: [1], ranMs: 2_500 }),
    } as unknown as ExpressionEngine;
    const tasks = [task('a', '{% 1 %}'), task('b', '{% $steps.a.output %}', ['a'])].map(
      (each) => ({ kind: 'input', inlineMaxBytes: 100, ...each, body: { x: each.body } }) as const,
    );
    const deps = { store: store(), expressions: slow } as unknown as ActivityDeps;
    const run = { workflowId: 'w', runId: 'r', startedAt: '2026-01-01T00:00:00.000Z' };
    expect((await evaluate({ tasks, input: {}, steps: {}, run }, deps)).outcomes).toEqual([one({ x: 1 }), PUT_OFF]);
  });

  it('are put off where those before them took long, whatever it was: a slow store', async () => {
    const clock = vi.spyOn(performance, 'now').mockReturnValueOnce(0).mockReturnValueOnce(5_000);
    const outcomes = await outcomesOf([task('a', 1), task('b', 2, ['a']), task('c', 3)]).finally(() =>
      clock.mockRestore(),
    );
    expect(outcomes).toEqual([one(1), PUT_OFF, one(3)]);
  });

  it('do not wait for a task behind them, whatever its name', async () => {
    const outcomes = await outcomesOf([task('output', '{% $steps.output.output %}', ['output'])], {
      steps: { output: completed(7) },
    });
    expect(outcomes).toEqual([one(7)]);
  });
});

describe('a value that is read in its call', () => {
  const list = { ...task('list', '{% [1..1000] %}'), readHere: true } as const;
  const sum = task('sum', '{% $sum($steps.list.output) %}', ['list']);
  const numbers = Array.from({ length: 1_000 }, (_, n) => n + 1);

  it('is not told once all that read it have an outcome', async () => {
    expect(await outcomesOf([list, sum])).toEqual([{ kind: 'used' }, one(500_500)]);
    const each = { ...list, forEach: '{% [1..90] %}', body: '{% $item & " of ninety items that are long enough" %}' };
    const count = task('count', '{% $count($steps.list.output) %}', ['list']);
    expect(await outcomesOf([each, count])).toEqual([{ kind: 'used' }, one(90)]);
  });

  it('is told where one of them was put off, which will ask for it', async () => {
    const fails = task('fails', '{% $error("no") %}', ['list']);
    expect(await outcomesOf([list, sum, fails])).toEqual([one(numbers), one(500_500), PUT_OFF]);
  });

  it('is not told where nobody reads it', async () => {
    expect(await outcomesOf([list, task('other', 1)])).toEqual([{ kind: 'used' }, one(1)]);
  });

  it('is told where somebody else may read it, and where it is short, for people', async () => {
    expect(await outcomesOf([{ ...list, readHere: undefined as never }, sum])).toEqual([one(numbers), one(500_500)]);
    expect(await outcomesOf([{ ...list, body: '{% [1..100] %}' }, sum])).toEqual([
      one(numbers.slice(0, 100)),
      one(5_050),
    ]);
  });

  it('is a step that was skipped, or that failed, as ever', async () => {
    const skipped = { ...list, when: false };
    expect(await outcomesOf([skipped, task('after', '{% $steps.list.status %}', ['list'])])).toEqual([
      { kind: 'skipped' },
      one('skipped'),
    ]);
    const broken = { ...list, body: '{% $error("no") %}' };
    expect(await outcomesOf([broken])).toEqual([failed(expect.stringContaining('no') as never)]);
  });
});

describe('`$steps` as a whole', () => {
  it('has the steps that the task needs, whatever else the call is about', async () => {
    const steps = { a: completed(1), b: completed(2), c: completed(3) };
    const all = '{% $steps.*.output %}';
    expect(await outcomesOf([task('x', all, ['a']), task('y', all, ['b', 'c'])], { steps })).toEqual([
      one(1),
      one([2, 3]),
    ]);
  });
});
