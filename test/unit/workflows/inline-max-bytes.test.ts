import { describe, expect, it } from 'vitest';
import { inlineMaxBytes } from '../../../workflows/pipelines/inline-max-bytes.js';
import type { StepPlan } from '../../../workflows/plan.js';

const MIB = 1024 * 1024;
const planOf = (steps: number) => ({ steps: Array.from({ length: steps }, () => ({}) as StepPlan) });

describe('what a value of a step may take up in the history', () => {
  it.each([
    [1, undefined, 65_536],
    [16, undefined, 65_536],
    [17, undefined, 61_680],
    [200, undefined, 5_242],
    [1, [1, 2], 8_192],
    [200, [1, 2], 5_242],
  ])('in a pipeline of %i steps, with forEach %o', (steps, forEach, bytes) => {
    expect(inlineMaxBytes(planOf(steps), { forEach })).toBe(bytes);
  });

  it.each([1, 16, 17, 50, 100, 200])(
    'leaves 1 MiB of 4 to the events themselves, with all values of %i steps, each there three times',
    (steps) => {
      expect(3 * steps * inlineMaxBytes(planOf(steps), {})).toBeLessThanOrEqual(3 * MIB);
    },
  );
});
