import { describe, expect, it } from 'vitest';
import { PENDING } from '../../../workflows/pipelines/pipeline-state.js';
import { stepsAlong } from '../../../workflows/pipelines/steps-along.js';
import type { PipelinePlan, StepPlan } from '../../../workflows/plan.js';
import { approval, Drive, job, one, planOf, value } from './drive.js';

function alongOf(plan: PipelinePlan, asked: readonly string[], drive = new Drive({ ...plan, v: 3 })) {
  const steps = asked.map((name) => plan.steps.find((step) => step.name === name) as StepPlan);
  drive.apply({ kind: 'prepare-issued', steps: asked, at: '' });
  const along = stepsAlong({ ...plan, v: 3 }, drive.state, steps);
  return [...along.steps.map(({ name }) => name), ...(along.output ? ['(output)'] : [])];
}

describe('what is evaluated in one call with steps that are ready', () => {
  it.each<[string, StepPlan[], string[], string[]]>([
    ['a chain of values, and the output', [value('a'), value('b', { needs: ['a'] })], ['a'], ['b', '(output)']],
    [
      'the input of a job, and no further',
      [value('a'), job('b', { needs: ['a'] }), value('c', { needs: ['b'] })],
      ['a'],
      ['b'],
    ],
    ['what an approval shows', [value('a'), approval('b', { needs: ['a'] })], ['a'], ['b']],
    ['nothing that waits for a job as well', [value('a'), job('j'), value('b', { needs: ['a', 'j'] })], ['a', 'j'], []],
    [
      'each after those that it waits for',
      [value('a'), value('c', { needs: ['b'] }), value('b', { needs: ['a'] })],
      ['a'],
      ['b', 'c', '(output)'],
    ],
    ['the output of values alone', [value('a'), value('b')], ['a', 'b'], ['(output)']],
    ['no output where a job is still to run', [value('a'), job('j')], ['a', 'j'], []],
  ])('is %s', (_, steps, asked, along) => {
    expect(alongOf(planOf(...steps), asked)).toEqual(along);
  });

  it('is what waits for steps that have ended too', () => {
    const plan = planOf(job('j'), value('a', { needs: ['j'] }), value('b', { needs: ['a', 'j'] }));
    const drive = new Drive({ ...plan, v: 3 });
    drive.step();
    drive.prepared('j', one('x'));
    drive.ended('j', 0, { kind: 'completed', output: 1 });
    expect(alongOf(plan, ['a'], drive)).toEqual(['b', '(output)']);
  });

  it('is nothing that waits for a step that is read, or asked by another call', () => {
    const plan = planOf(value('a'), value('b'), value('c', { needs: ['a', 'b'] }));
    const drive = new Drive({ ...plan, v: 3 });
    drive.apply({ kind: 'prepare-issued', steps: ['b'], at: '' });
    expect(alongOf(plan, ['a'], drive)).toEqual([]);
  });

  it('is not the output where a formula has it', () => {
    const formula = { kind: 'literal', value: 1 } as const;
    expect(alongOf({ ...planOf(value('a')), outputFormula: formula }, ['a'])).toEqual([]);
  });

  it('is nothing by the plans of before', () => {
    const plan = planOf(value('a'), value('b', { needs: ['a'] }));
    for (const v of [1, 2] as const) {
      const { state } = new Drive(plan);
      expect(stepsAlong({ ...plan, v }, state, plan.steps.slice(0, 1))).toEqual({ steps: [], output: false });
    }
  });
});

describe('what was put off', () => {
  it('is asked for again, once what it waits for has ended', () => {
    const drive = new Drive(planOf(value('a', { onError: 'continue' }), value('b', { needs: ['a'] })));
    expect(drive.step()).toEqual(['prepare a']);
    drive.apply({ kind: 'prepare-issued', steps: ['b'], at: '' });
    drive.apply({ kind: 'output-issued' });
    drive.apply({ kind: 'prepared', step: 'b', outcome: { kind: 'put-off' }, at: '' });
    drive.apply({ kind: 'output-prepared', outcome: { kind: 'put-off' } });
    expect(drive.state.steps.b).toEqual(PENDING);
    expect(drive.step()).toEqual([]);
    expect(drive.prepared('a', { kind: 'failed', type: 'ExpressionFailed', message: 'no' })).toEqual(['prepare b']);
    expect(drive.prepared('b', { kind: 'one', value: 1 })).toEqual(['output']);
  });

  it('is left where the run has stopped', () => {
    const drive = new Drive(planOf(value('a'), value('b', { needs: ['a'] })));
    drive.step();
    drive.apply({ kind: 'prepare-issued', steps: ['b'], at: '' });
    drive.apply({
      kind: 'prepared',
      step: 'a',
      outcome: { kind: 'failed', type: 'ExpressionFailed', message: 'no' },
      at: '',
    });
    drive.apply({ kind: 'prepared', step: 'b', outcome: { kind: 'put-off' }, at: '' });
    expect(drive.step()).toEqual([]);
    expect(drive.over).toBe(true);
  });
});
