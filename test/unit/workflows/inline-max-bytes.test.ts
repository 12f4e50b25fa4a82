import { describe, expect, it } from 'vitest';
import { inlineMaxBytes } from '../../../workflows/pipelines/inline-max-bytes.js';
import type { StepPlan } from '../../../workflows/plan.js';

const MIB = 1024 * 1024;
const planOf = (steps: number) => ({ steps: Array.from({ length: steps }, () => ({}) as StepPlan) });

describe('what a value of a step may take up in the history', () => {
  it.each([
    [1, undefined, 65_536],
    [18, undefined, 65_536],
    [19, undefined, 64_386],
    [200, undefined, 6_116],
    [1, [1, 2], 8_192],
    [200, [1, 2], 6_116],
  ])('in a pipeline of %i steps, with forEach %o', (steps, forEach, bytes) => {
    expect(inlineMaxBytes(planOf(steps), { forEach })).toBe(bytes);
  });

  it.each([1, 18, 19, 50, 100, 200])(
    'stays under 4 MiB with all values of %i steps, each there three times',
    (steps) => {
      expect(3 * steps * inlineMaxBytes(planOf(steps), {})).toBeLessThanOrEqual(3.5 * MIB);
    },
  );
});
