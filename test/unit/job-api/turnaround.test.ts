import { describe, expect, test } from 'vitest';
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
  const told = async (job: object, readAfterMs: number) => {
    const clock = new SteppedClock();
    const schedule = new PollSchedule({ clock });
    for (let n = 0; n < 30; n++) {
      const seat = schedule.join({ jobId: `${n}`, submittedAt: new Date(clock.now()).toISOString() });
      await clock.pass(readAfterMs);
      seat.told({ jobId: `${n}`, status: 'COMPLETED', ...job });
      seat.leave();
    }
    return schedule.isQuick;
  };

  test('is how long its jobs were queued and ran, whenever they were read', async () => {
    expect(await told({ delayTimeMs: 10, executionTimeMs: 20 }, 3_000)).toBe(true);
    expect(await told({ delayTimeMs: 10, executionTimeMs: 2_000 }, 0)).toBe(false);
    expect(await told({ delayTimeMs: 2_000, executionTimeMs: 10 }, 0)).toBe(false);
  });

  test('is when they were read, where the provider does not say', async () => {
    expect(await told({ executionTimeMs: 20 }, 40)).toBe(true);
    expect(await told({ executionTimeMs: 20 }, 3_000)).toBe(false);
  });
});
