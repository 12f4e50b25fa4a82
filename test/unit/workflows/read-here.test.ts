import { describe, expect, it } from 'vitest';
import { isReadHere } from '../../../workflows/pipelines/read-here.js';
import type { PipelinePlan, StepPlan } from '../../../workflows/plan.js';
import { job, planOf, value } from './drive.js';

const a = value('a', { body: '{% [1..9] %}' });
const b = value('b', { needs: ['a'] });

function isReadOf(steps: StepPlan[], here: readonly string[], over: Partial<PipelinePlan> = {}): boolean {
  const plan = { ...planOf(...steps), v: 4, output: '{% $steps.b.output %}', ...over } as const;
  const evaluated = plan.steps.filter(({ name }) => here.includes(name));
  return isReadHere(plan, steps[0] as StepPlan, { steps: evaluated, output: here.includes('(output)') });
}

describe('a value is read by nothing but what is evaluated with it', () => {
  it.each<[string, StepPlan[], string[], Partial<PipelinePlan>?]>([
    ['where its only reader is', [a, b], ['a', 'b']],
    ['where that is the input of a job', [a, job('b', { needs: ['a'] })], ['a', 'b']],
    [
      'where the output reads it, and is evaluated too',
      [a, b],
      ['a', 'b', '(output)'],
      { output: '{% $steps.a.output %}' },
    ],
    ['where nobody reads it', [a], ['a'], { output: 1 }],
    ['where steps that do not need it come later', [a, b, job('c', { needs: ['b'] })], ['a', 'b']],
  ])('%s', (_, steps, here, over) => {
    expect(isReadOf(steps, here, over)).toBe(true);
  });

  it.each<[string, StepPlan[], string[], Partial<PipelinePlan>?]>([
    ['where a reader comes later', [a, b, value('c', { needs: ['a', 'b'] })], ['a', 'b']],
    ['where the output reads it later', [a, b], ['a', 'b'], { output: { all: '{% $steps.a.output %}' } }],
    ['where the output is that of all steps', [a, b], ['a', 'b'], { output: undefined as never }],
    ['where the output may read anything', [a, b], ['a', 'b'], { output: '{% $keys($steps) %}' }],
    [
      'where a reader may need it again, once it has failed',
      [a, job('b', { needs: ['a'], onError: { output: '{% $steps.a.output %}' } })],
      ['a', 'b'],
    ],
    ['where it is the input of a job', [job('a'), b], ['a', 'b']],
    ['by a plan of before', [a, b], ['a', 'b'], { v: 3 }],
  ])('but not %s', (_, steps, here, over) => {
    expect(isReadOf(steps, here, over)).toBe(false);
  });
});
