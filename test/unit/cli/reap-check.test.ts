import { describe, expect, it } from 'vitest';
import { judgeReap } from '../../../cli/doctor/reap-check.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const judge = (
  schedule: Parameters<typeof judgeReap>[0],
  retentionMs = 7 * DAY,
  reap?: Parameters<typeof judgeReap>[2],
) => judgeReap(schedule, retentionMs, reap, 'reap:jobrelay');

describe('what doctor says of the search for left jobs', () => {
  it('is content where runs are retained for several passes', () => {
    expect(judge({ paused: false, everyMs: HOUR })).toMatchObject({
      status: 'ok',
      message: expect.stringContaining('every 1h'),
    });
  });

  it('warns where a run may be forgotten before its jobs were looked for', () => {
    expect(judge({ paused: false, everyMs: DAY }, DAY)).toMatchObject({
      status: 'warn',
      message: 'looks every 1d, and the namespace forgets a run 1d after its close: its jobs would not be found',
    });
  });

  it.each([
    ['there is no schedule', 'none', 'no schedule yet'],
    ['it is paused', { paused: true, everyMs: HOUR }, 'is paused'],
  ] as const)('warns where %s', (_what, schedule, message) => {
    expect(judge(schedule)).toMatchObject({ status: 'warn', message: expect.stringContaining(message) });
  });

  it('says nothing against what was chosen', () => {
    expect(judge('none', DAY, 'off')).toMatchObject({ status: 'ok', message: expect.stringContaining('off') });
    expect(judge({ paused: false }, DAY)).toMatchObject({ status: 'ok' });
  });
});
