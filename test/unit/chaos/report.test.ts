import { describe, expect, it } from 'vitest';
import type { Account, Count } from '../../../chaos/accounting/account.js';
import { FULL, SHORT } from '../../../chaos/plan/form.js';
import { holds, render } from '../../../chaos/report.js';
import type { ChaosReport, LaneReport } from '../../../chaos/run.js';

const none: Count = { value: 0, examples: [] };
const clean: Account = { unknown: none, leftRunning: none, lostResults: none, unreportedDuplicates: none, stuck: none };
const lost: Account = { ...clean, lostResults: { value: 1, examples: ['s0.1 of relay-tree-3'] } };

function lane(name: string, isProven: boolean, account: Account): LaneReport {
  const totals = {
    ...{ runs: 2, jobs: 9, ends: { completed: 2 }, leftAlone: { runs: 2, completed: 2 }, failures: {} },
    ...{ suspectedDuplicates: 1, actualDuplicates: 0 },
  };
  return { name, about: `What ${name} is.`, isProven, account, totals };
}

function report(more: Partial<ChaosReport> = {}): ChaosReport {
  const point = { name: 'accepted', about: 'accepted, and not answered', kills: 20, suspectedDuplicates: 3, jobs: 23 };
  return {
    ...{ seed: 7, form: FULL, lanes: [lane('JobRelay', true, clean)], points: [{ ...point, account: clean }] },
    ...{ disturbances: [], workerKills: 5, seconds: 600 },
    ...more,
  };
}

describe('the proof holds', () => {
  it('where each number of JobRelay is 0, whatever those of the others are', () => {
    const lanes = [lane('JobRelay', true, clean), lane('runSync', false, lost)];
    expect(holds(report({ lanes }))).toBe(true);
  });

  it('not where one is not, be it of the load, with webhooks, or at a crash point', () => {
    const relay = lane('JobRelay', true, clean);
    const [point] = report().points;
    expect(holds(report({ lanes: [lane('JobRelay', true, lost)] }))).toBe(false);
    expect(holds(report({ lanes: [relay, lane('with webhooks', true, lost)] }))).toBe(false);
    expect(holds(report({ points: point ? [{ ...point, account: lost }] : [] }))).toBe(false);
    expect(holds(report({ lanes: [] }))).toBe(false);
  });

  it('not where fewer workers were killed at a point than was planned', () => {
    const [point] = report().points;
    expect(holds(report({ points: point ? [{ ...point, kills: 19 }] : [] }))).toBe(false);
  });
});

describe('the report', () => {
  it('names what was counted, and where to look', () => {
    const text = render(report({ lanes: [lane('JobRelay', true, lost)], logFile: '/tmp/said.log' }));
    expect(text).toContain('s0.1 of relay-tree-3');
    expect(text).toContain('/tmp/said.log');
  });

  it.for([
    [FULL, '--seed 7'],
    [SHORT, '--seed 7 --short'],
    [{ ...FULL, jobs: 200, killsPerPoint: 1 }, '--seed 7 --jobs 200 --kills 1'],
  ] as const)('says how to repeat it (%#)', ([form, options]) => {
    expect(render(report({ form }))).toMatch(new RegExp(`npm run chaos -- ${options}$`, 'm'));
  });
});
