import { describe, expect, it } from 'vitest';
import { endOf, planDisturbances } from '../../../chaos/plan/disturbances.js';
import { FAULTS } from '../../../chaos/plan/faults.js';
import { FULL, SHORT } from '../../../chaos/plan/form.js';
import { planLoad } from '../../../chaos/plan/load.js';
import { inBatches, planKills } from '../../../chaos/points/plan.js';
import { CRASH_POINTS } from '../../../chaos/points/points.js';
import { parseFaults } from '../../../emulator/fault.js';

describe.for([FULL, SHORT])('the plan of the $name form', (form) => {
  it('is the same for the same seed, and another for another', () => {
    const plan = (seed: number) => [planLoad(seed, form), planDisturbances(seed, form), planKills(seed, form)];
    expect(plan(7)).toEqual(plan(7));
    expect(plan(8)).not.toEqual(plan(7));
  });

  it('has about as many jobs as asked for, in runs of every shape, each with ids of its own', () => {
    const runs = planLoad(7, form);
    const jobs = runs.flatMap(({ stages }) => stages.flat()).length;
    expect(jobs).toBeGreaterThan(form.jobs);
    expect(jobs).toBeLessThan(form.jobs * 2.2);
    expect(new Set(runs.map(({ shape }) => shape))).toEqual(new Set(['fan', 'tree', 'chain', 'nested', 'job']));
    expect(new Set(runs.map(({ id }) => id)).size).toBe(runs.length);
    for (const { stages } of runs)
      expect(new Set(stages.flat().map(({ unit }) => unit)).size).toBe(stages.flat().length);
  });

  it('ends runs in every way, and leaves long jobs only where nobody waits for them', () => {
    const runs = planLoad(7, form);
    const exits = new Set(runs.map(({ exit }) => exit));
    for (const exit of ['none', 'cancel', 'terminate', 'time-out'] as const) expect(exits).toContain(exit);
    const isLong = ({ ms }: { readonly ms: number }) => ms === form.longMs;
    for (const { exit, stages } of runs) if (exit === 'none') expect(stages.flat().some(isLong)).toBe(false);
    for (const { exit, stages } of runs)
      if (exit === 'fail') expect(stages.slice(0, -1).flat().some(isLong)).toBe(false);
    const ended = runs.filter(({ exit }) => exit === 'terminate' || exit === 'cancel');
    expect(ended.some(({ stages }) => stages.flat().some(isLong))).toBe(true);
  });

  it('disturbs everything, within its time', () => {
    const disturbances = planDisturbances(7, form);
    const count = (kind: string) => disturbances.filter((disturbance) => disturbance.kind === kind).length;
    expect(count('kill-server')).toBe(form.serverKills);
    expect(count('cut-off')).toBe(form.cuts);
    expect(count('freeze-worker')).toBe(form.freezes);
    expect(count('kill-worker')).toBeGreaterThanOrEqual(2);
    for (const { atMs } of disturbances) expect(atMs).toBeLessThan(form.disturbToMs);
    expect(endOf(disturbances)).toBeLessThan(form.disturbToMs + 60_000);
  });

  it('lets a worker that is frozen thaw, and the other work until then', () => {
    for (const seed of [7, 8, 9]) {
      const disturbances = planDisturbances(seed, form);
      for (const freeze of disturbances) {
        if (freeze.kind !== 'freeze-worker') continue;
        const { atMs, forMs } = freeze;
        const meanwhile = disturbances.filter((other) => other.atMs >= atMs && other.atMs <= atMs + forMs);
        expect(meanwhile).not.toContainEqual(expect.objectContaining({ kind: 'kill-worker' }));
      }
    }
  });

  it('has the server down and the provider cut off one after the other', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const outages = planDisturbances(seed, form).filter(({ kind }) => kind === 'kill-server' || kind === 'cut-off');
      outages.slice(1).forEach(({ atMs }, n) => {
        const before = outages[n];
        expect(atMs).toBeGreaterThanOrEqual((before?.atMs ?? 0) + (before?.forMs ?? 0));
      });
    }
  });

  it('kills at every crash point as often as asked for', () => {
    const kills = planKills(7, form);
    for (const { name } of CRASH_POINTS) {
      expect(kills.filter(({ point }) => point.name === name)).toHaveLength(form.killsPerPoint);
    }
  });

  it('makes each kill in one batch, and in each those last whose runs are terminated', () => {
    const kills = planKills(7, form);
    const batches = inBatches(kills, 4);
    expect(new Set(batches.flat())).toEqual(new Set(kills));
    expect(batches.flat()).toHaveLength(kills.length);
    for (const batch of batches) {
      expect(batch.length).toBeLessThanOrEqual(4);
      const exits = batch.map(({ exit }) => exit === 'terminate');
      expect(exits).toEqual([...exits].sort());
    }
  });
});

it('the full form is what was promised: a thousand jobs, and twenty kills at each crash point', () => {
  expect(FULL.jobs).toBeGreaterThanOrEqual(1_000);
  expect(FULL.killsPerPoint).toBeGreaterThanOrEqual(20);
});

it('its faults are of every kind that the emulator has', () => {
  const kinds = new Set(parseFaults(FAULTS).map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([
    ...['delay', 'delay-answer', 'drop-job', 'late-progress', 'lose-answer', 'lose-output', 'lose-worker'],
    ...['malform-answer', 'reset', 'status', 'truncate-answer', 'webhook-late', 'webhook-never', 'webhook-twice'],
  ]);
});
