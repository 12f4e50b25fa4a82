import { describe, expect, test } from 'vitest';
import type { RemoteJob } from '../../../job-api/index.js';
import { PollSchedule } from '../../../job-api/polling/poll-schedule.js';
import { Turnaround } from '../../../job-api/polling/turnaround.js';
import { SteppedClock } from '../../fixtures/stepped-clock.js';

const MOMENT = 5;
const LONG = 2_000;

function after(...jobs: readonly number[]): Turnaround {
  const turnaround = new Turnaround();
  for (const ms of jobs) turnaround.learn(ms);
  return turnaround;
}

describe('an endpoint', () => {
  test.each([
    { what: 'of which nothing is known', jobs: [], quick: false },
    { what: 'of which little is known', jobs: Array(24).fill(MOMENT), quick: false },
    { what: 'whose jobs have all ended in a moment', jobs: Array(25).fill(MOMENT), quick: true },
    { what: 'with one long job after many short ones', jobs: [...Array(60).fill(MOMENT), LONG], quick: true },
    { what: 'that is no longer quick', jobs: [...Array(600).fill(MOMENT), ...Array(4).fill(LONG)], quick: false },
    { what: 'every other job of which is long', jobs: Array(300).fill([MOMENT, LONG]).flat(), quick: false },
    { what: 'that has become quick', jobs: [...Array(600).fill(LONG), ...Array(25).fill(MOMENT)], quick: true },
  ])('$what: $quick', ({ jobs, quick }) => expect(after(...jobs).isQuick).toBe(quick));
});

describe('what a schedule is told', () => {
  const told = async (job: Partial<RemoteJob>, readAfterMs: number) => {
    const clock = new SteppedClock();
    const schedule = new PollSchedule({ clock });
    for (let n = 0; n < 30; n++) {
      const seat = schedule.join({ jobId: `${n}`, submittedAt: new Date(clock.now()).toISOString() });
      await clock.pass(readAfterMs);
      seat.told({ jobId: `${n}`, status: 'COMPLETED', ...job });
      seat.leave();
    }
    return schedule;
  };
  const QUICK = { delayTimeMs: 10, executionTimeMs: 20 };

  test('is how long its jobs were queued and ran, whenever they were read', async () => {
    expect((await told(QUICK, 3_000)).isQuick).toBe(true);
    expect((await told({ delayTimeMs: 10, executionTimeMs: 2_000 }, 0)).isQuick).toBe(false);
    expect((await told({ delayTimeMs: 2_000, executionTimeMs: 10 }, 0)).isQuick).toBe(false);
  });

  test('is when they were read, where the provider does not say', async () => {
    expect((await told({ executionTimeMs: 20 }, 40)).isQuick).toBe(true);
    expect((await told({ executionTimeMs: 20 }, 3_000)).isQuick).toBe(false);
  });

  test('is nothing good of jobs that fail at once', async () => {
    expect((await told({ ...QUICK, status: 'FAILED' }, 0)).isQuick).toBe(false);
  });

  test('is how often somebody stayed in vain', async () => {
    const schedule = await told(QUICK, 0);
    for (let n = 0; n < 4; n++) schedule.stayedInVain();
    expect(schedule.isQuick).toBe(false);
  });
});
