import { describe, expect, it } from 'vitest';
import { AT, approval, completed, Drive, each, failed, job, one, planOf, value } from './drive.js';

describe('planSteps', () => {
  it('prepares all independent steps in one call and runs them side by side', () => {
    const drive = new Drive(planOf(job('a'), job('b'), job('c', { needs: ['a', 'b'] })));
    expect(drive.step()).toEqual(['prepare a+b']);
    expect(drive.step()).toEqual([]);
    expect(drive.prepared('b', one('b'))).toEqual(['start b[0]']);
    expect(drive.prepared('a', one('a'))).toEqual(['start a[0]']);
    expect(drive.ended('a', 0, completed('A'))).toEqual([]);
    expect(drive.ended('b', 0, completed('B'))).toEqual(['prepare c']);
  });

  it('issues commands in the order of the definition, whichever event came first', () => {
    const drive = new Drive(planOf(job('a'), job('b')));
    drive.step();
    drive.apply({ kind: 'prepared', step: 'b', outcome: one('b'), at: AT });
    drive.apply({ kind: 'prepared', step: 'a', outcome: one('a'), at: AT });
    expect(drive.step()).toEqual(['start a[0]', 'start b[0]']);
  });

  it('keeps a forEach at its concurrency and its output in item order', () => {
    const drive = new Drive(planOf(job('a', { forEach: '{% [1,2,3] %}' })));
    drive.step();
    expect(drive.prepared('a', each('x', 'y', 'z'))).toEqual(['start a[0]', 'start a[1]']);
    expect(drive.ended('a', 1, completed('Y'))).toEqual(['start a[2]']);
    expect(drive.ended('a', 2, completed('Z'))).toEqual([]);
    expect(drive.ended('a', 0, completed('X'))).toEqual(['output']);
    expect(drive.state.steps.a).toMatchObject({ status: 'completed', output: ['X', 'Y', 'Z'] });
  });

  it('completes a forEach over nothing at once', () => {
    const drive = new Drive(planOf(job('a', { forEach: '{% [] %}' })));
    drive.step();
    expect(drive.prepared('a', { kind: 'each', values: [] })).toEqual(['output']);
    expect(drive.state.steps.a).toMatchObject({ status: 'completed', output: [] });
  });

  it.each([
    ['a count', { count: 1 }, 3],
    ['a share', { percent: 34 }, 3],
  ])('tolerates failed items up to %s, with null in their place', (_, tolerate, items) => {
    const drive = new Drive(planOf(job('a', { forEach: '{% $input %}', tolerate, concurrency: items })));
    drive.step();
    drive.prepared('a', each('x', 'y', 'z'));
    drive.ended('a', 0, failed);
    drive.ended('a', 1, completed('Y'));
    expect(drive.ended('a', 2, completed('Z'))).toEqual(['output']);
    expect(drive.state.steps.a).toMatchObject({ status: 'completed', output: [null, 'Y', 'Z'] });
  });

  it.each([
    ['29 of 100 at 29 %', { percent: 29, exact: true }, 'completed'],
    ['28 alone in a run of before', { percent: 29 }, 'failed'],
  ] as const)('tolerates %s, which binary fractions cannot hold', (_, tolerate, status) => {
    const items = Array.from({ length: 100 }, (_item, index) => String(index));
    const drive = new Drive(planOf(job('a', { forEach: '{% $input %}', tolerate, concurrency: items.length })));
    drive.step();
    drive.prepared('a', each(...items));
    for (const index of items.slice(29).keys()) drive.ended('a', index + 29, completed('X'));
    for (const index of items.slice(0, 29).keys()) drive.ended('a', index, failed);
    expect(drive.state.steps.a?.status).toBe(status);
  });

  it('cancels the other items and steps of a failure, and is over when they are settled', () => {
    const drive = new Drive(planOf(job('a', { forEach: '{% $input %}' }), job('b'), job('c', { needs: ['a'] })));
    drive.step();
    drive.prepared('a', each('x', 'y', 'z'));
    drive.prepared('b', one('b'));
    expect(drive.ended('a', 0, failed)).toEqual(['cancel a+b']);
    expect(drive.over).toBe(false);
    expect(drive.ended('b', 0, { kind: 'cancelled' })).toEqual([]);
    expect(drive.over).toBe(false);
    expect(drive.ended('a', 1, { kind: 'cancelled' })).toEqual([]);
    expect(drive.over).toBe(true);
    expect(drive.state.stopping).toMatchObject({ kind: 'failed', step: 'a', index: 0, error: { type: 'JobFailed' } });
    expect(drive.state.steps.a?.status).toBe('failed');
    expect(drive.state.steps.c?.status).toBe('pending');
  });

  it('keeps the first of two failures as the reason', () => {
    const drive = new Drive(planOf(job('a'), job('b')));
    drive.step();
    drive.prepared('a', one('a'));
    drive.prepared('b', one('b'));
    drive.ended('b', 0, { kind: 'failed', type: 'RunTimeout', message: 'late' });
    drive.ended('a', 0, failed);
    expect(drive.state.stopping).toMatchObject({ step: 'b', error: { type: 'RunTimeout' } });
  });

  it('goes on after a failed step that may fail, once its items are settled, with null as its output', () => {
    const drive = new Drive(
      planOf(job('a', { forEach: '{% $input %}', onError: 'continue' }), job('b', { needs: ['a'] })),
    );
    drive.step();
    drive.prepared('a', each('x', 'y', 'z'));
    expect(drive.ended('a', 0, failed)).toEqual(['cancel a']);
    expect(drive.ended('a', 1, { kind: 'cancelled' })).toEqual(['prepare b']);
    expect(drive.state.steps.a).toMatchObject({ status: 'failed', output: null, error: { type: 'JobFailed' } });
  });

  it('runs a step whose reference was skipped', () => {
    const drive = new Drive(planOf(value('a', { when: '{% false %}' }), value('b', { needs: ['a'] })));
    drive.step();
    expect(drive.prepared('a', { kind: 'skipped' })).toEqual(['prepare b']);
    expect(drive.state.steps.a).toMatchObject({ status: 'skipped', output: null });
  });

  it('fails the run by a bad expression', () => {
    const drive = new Drive(planOf(value('a')));
    drive.step();
    drive.prepared('a', { kind: 'failed', type: 'ExpressionFailed', message: 'no' });
    expect(drive.over).toBe(true);
    expect(drive.state.stopping).toMatchObject({ step: 'a', error: { type: 'ExpressionFailed' } });
  });

  it('starts nothing after a cancel, not even what was prepared when it came', () => {
    const drive = new Drive(planOf(job('a'), job('b')));
    drive.step();
    drive.prepared('a', one('a'));
    drive.apply({ kind: 'cancel-requested' });
    expect(drive.step()).toEqual(['cancel a']);
    expect(drive.prepared('b', one('b'))).toEqual([]);
    expect(drive.over).toBe(false);
    drive.ended('a', 0, { kind: 'cancelled' });
    expect(drive.over).toBe(true);
    expect(drive.state.stopping).toEqual({ kind: 'cancelled' });
  });

  it('is over when the output is there', () => {
    const drive = new Drive(planOf(value('a')));
    drive.step();
    expect(drive.prepared('a', { kind: 'one', value: 1 })).toEqual(['output']);
    expect(drive.over).toBe(false);
    drive.apply({ kind: 'output-prepared', outcome: { kind: 'one', value: 2 } });
    expect(drive.over).toBe(true);
    expect(drive.state.output).toEqual({ value: 2 });
  });
});

describe('approvals', () => {
  it('are asked for all at once, and their decisions are the output', () => {
    const drive = new Drive(planOf(approval('a', { forEach: '{% $input %}' }), value('b', { needs: ['a'] })));
    drive.step();
    expect(drive.prepared('a', each('x', 'y', 'z'))).toEqual(['start a[0]', 'start a[1]', 'start a[2]']);
    for (const index of [2, 0, 1])
      expect(drive.ended('a', index, completed(`d${index}`))).toEqual(index === 1 ? ['prepare b'] : []);
    expect(drive.state.steps.a).toMatchObject({ status: 'completed', output: ['d0', 'd1', 'd2'] });
  });

  it('are cancelled where another step fails', () => {
    const drive = new Drive(planOf(approval('a'), job('b')));
    drive.step();
    drive.prepared('a', one('x'));
    drive.prepared('b', one('y'));
    expect(drive.ended('b', 0, failed)).toEqual(['cancel a']);
    expect(drive.over).toBe(false);
    drive.ended('a', 0, { kind: 'cancelled' });
    expect(drive.over).toBe(true);
  });
});

describe('a step with another output for its failure', () => {
  const plan = planOf(job('a', { forEach: '{% $input %}', onError: { output: 'other' } }), job('b', { needs: ['a'] }));
  const failing = () => {
    const drive = new Drive(plan);
    drive.step();
    drive.prepared('a', each('x', 'y'));
    return drive;
  };

  it('is given it once nothing of it runs any more, and only then has ended', () => {
    const drive = failing();
    expect(drive.ended('a', 0, failed)).toEqual(['cancel a']);
    expect(drive.ended('a', 1, { kind: 'cancelled' })).toEqual(['replace a']);
    expect(drive.step()).toEqual([]);
    drive.apply({ kind: 'replaced', step: 'a', outcome: { kind: 'one', value: 'other' }, at: AT });
    expect(drive.step()).toEqual(['prepare b']);
    expect(drive.state.steps.a).toMatchObject({
      status: 'failed',
      output: 'other',
      error: { type: 'JobFailed', message: 'boom' },
      endedAt: AT,
    });
  });

  it('fails the run where it cannot be made', () => {
    const drive = failing();
    drive.ended('a', 0, failed);
    drive.ended('a', 1, { kind: 'cancelled' });
    drive.apply({
      kind: 'replaced',
      step: 'a',
      outcome: { kind: 'failed', type: 'ExpressionFailed', message: 'no' },
      at: AT,
    });
    expect(drive.step()).toEqual([]);
    expect(drive.over).toBe(true);
    expect(drive.state.stopping).toEqual({
      kind: 'failed',
      step: 'a',
      error: { type: 'ExpressionFailed', message: 'no (the step had failed with JobFailed: boom)' },
    });
  });

  it('is not given it in a run that stops, which waits for what was asked for', () => {
    const stopped = failing();
    stopped.apply({ kind: 'cancel-requested' });
    stopped.step();
    stopped.ended('a', 0, failed);
    expect(stopped.ended('a', 1, { kind: 'cancelled' })).toEqual([]);
    expect(stopped.over).toBe(true);

    const asked = failing();
    asked.ended('a', 0, failed);
    asked.ended('a', 1, { kind: 'cancelled' });
    asked.apply({ kind: 'cancel-requested' });
    expect(asked.over).toBe(false);
    asked.apply({ kind: 'replaced', step: 'a', outcome: { kind: 'one', value: 'other' }, at: AT });
    expect(asked.over).toBe(true);
  });

  it('has failed without one where another step ends the run in the same moment', () => {
    const beside = planOf(value('a', { onError: { output: 'other' } }), value('b'));
    const no = { kind: 'failed', type: 'ExpressionFailed', message: 'no' } as const;
    for (const end of [
      (drive: Drive) => drive.apply({ kind: 'prepared', step: 'b', outcome: no, at: AT }),
      (drive: Drive) => {
        drive.apply({ kind: 'cancel-requested' });
        drive.apply({ kind: 'prepared', step: 'b', outcome: one('x'), at: AT });
      },
    ]) {
      const drive = new Drive(beside);
      drive.step();
      drive.apply({ kind: 'prepared', step: 'a', outcome: no, at: AT });
      end(drive);
      expect(drive.step()).toEqual([]);
      expect(drive.over).toBe(true);
      expect(drive.state.steps.a).toMatchObject({
        status: 'failed',
        output: null,
        error: { type: 'ExpressionFailed', message: 'no' },
        endedAt: AT,
      });
    }
  });
});
