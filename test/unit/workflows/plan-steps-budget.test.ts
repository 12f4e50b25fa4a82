import { describe, expect, it } from 'vitest';
import type { ItemEnd } from '../../../workflows/pipelines/pipeline-state.js';
import type { StepPlan } from '../../../workflows/plan.js';
import { AT, approval, completed, Drive, each, failed, job, one, planOf } from './drive.js';

describe('a run whose budget has no room for more', () => {
  const exceeded: ItemEnd = { kind: 'failed', type: 'BudgetExceeded', message: 'used up' };

  it('lets what is under way end, starts nothing, and fails with that', () => {
    const drive = new Drive(planOf(job('a'), job('b'), job('c', { needs: ['b'] })));
    drive.step();
    drive.prepared('a', one('a'));
    drive.prepared('b', one('b'));
    expect(drive.ended('b', 0, exceeded)).toEqual([]);
    expect(drive.over).toBe(false);
    expect(drive.ended('a', 0, completed('A'))).toEqual([]);
    expect(drive.over).toBe(true);
    expect(drive.state).toMatchObject({
      stopping: { kind: 'failed', step: 'b', error: { type: 'BudgetExceeded' } },
      steps: { a: { status: 'completed', output: 'A' }, b: { status: 'failed' }, c: { status: 'pending' } },
    });
  });

  it.each<[string, Partial<StepPlan>]>([
    ['tolerates failed items', { tolerate: { percent: 100 } }],
    ['may fail', { onError: 'continue' }],
    ['has another output then', { onError: { output: [] } }],
  ])('ends where a step %s', (_, over) => {
    const drive = new Drive(planOf(job('a', { forEach: [], ...over }), job('b', { needs: ['a'] })));
    drive.step();
    drive.prepared('a', each('x', 'y', 'z'));
    expect(drive.ended('a', 1, exceeded)).toEqual([]);
    expect(drive.ended('a', 0, completed('X'))).toEqual([]);
    expect(drive.over).toBe(true);
    expect(drive.state.stopping).toMatchObject({ step: 'a', index: 1, error: { type: 'BudgetExceeded' } });
  });

  it('waits for no person', () => {
    const drive = new Drive(planOf(job('a'), approval('ok')));
    drive.step();
    drive.prepared('a', one('a'));
    drive.prepared('ok', one('?'));
    expect(drive.ended('a', 0, exceeded)).toEqual(['cancel ok']);
    drive.ended('ok', 0, { kind: 'cancelled' });
    expect(drive.over).toBe(true);
  });

  it('can be cancelled', () => {
    const drive = new Drive(planOf(job('a'), job('b')));
    drive.step();
    drive.prepared('a', one('a'));
    drive.prepared('b', one('b'));
    drive.ended('b', 0, exceeded);
    drive.apply({ kind: 'cancel-requested' });
    expect(drive.step()).toEqual(['cancel a']);
    expect(drive.state.stopping).toEqual({ kind: 'cancelled' });
  });

  it('cancels the items of a step that fails by itself, and still tells of the budget', () => {
    const drive = new Drive(planOf(job('a', { forEach: [] }), job('b')));
    drive.step();
    drive.prepared('a', each('x', 'y'));
    drive.prepared('b', one('b'));
    drive.ended('b', 0, exceeded);
    expect(drive.ended('a', 0, failed)).toEqual(['cancel a']);
    expect(drive.state.stopping).toMatchObject({ step: 'b', error: { type: 'BudgetExceeded' } });
  });

  it('hears of it from a slice', () => {
    const drive = new Drive(planOf(job('a', { forEach: [], onError: 'continue' })));
    drive.step();
    drive.prepared('a', {
      kind: 'many',
      work: 'w',
      slices: [
        { items: 'i', count: 100 },
        { items: 'j', count: 9 },
      ],
    });
    const report = { step: 'a', slice: 0, at: AT, done: 3, failed: 1, freed: 0 };
    const at = { index: 3, type: 'BudgetExceeded', message: 'used up' } as const;
    drive.apply({ kind: 'slice-reported', ...report, exceeded: at });
    expect(drive.step()).toEqual([]);
    expect(drive.over).toBe(false);
    for (const slice of [0, 1]) drive.apply({ kind: 'slice-ended', ...report, slice });
    expect(drive.over).toBe(true);
    expect(drive.state.stopping).toMatchObject({ step: 'a', index: 3 });
  });
});
