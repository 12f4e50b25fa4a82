import type { StepPlan } from '../workflows/plan.js';

type Node = Pick<StepPlan, 'name' | 'needs'>;

/**
 * The steps by level: those that wait for none, those that wait for these, and so on. There is no path between the steps
 * of one level, so they run side by side; a step starts as soon as those it waits for have ended, not with its level.
 */
export function levelsOf(steps: readonly Node[]): readonly (readonly string[])[] {
  const depths = longestPaths(steps, () => 1, 'before');
  const levels: string[][] = [];
  for (const { name } of steps) {
    const depth = depths.get(name) ?? 0;
    levels[depth] = [...(levels[depth] ?? []), name];
  }
  return levels;
}

/**
 * The longest path to each step, in the lengths of the steps on it: `before` it, or up to its end. The steps have an
 * order.
 */
export function longestPaths(
  steps: readonly Node[],
  lengthOf: (name: string) => number,
  until: 'before' | 'end',
): ReadonlyMap<string, number> {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const begins = new Map<string, number>();
  const beginOf = (name: string): number => {
    const known = begins.get(name);
    if (known !== undefined) return known;
    const needs = byName.get(name)?.needs ?? [];
    const begin = Math.max(0, ...needs.map((needed) => beginOf(needed) + lengthOf(needed)));
    begins.set(name, begin);
    return begin;
  };
  return new Map(steps.map(({ name }) => [name, beginOf(name) + (until === 'end' ? lengthOf(name) : 0)]));
}
