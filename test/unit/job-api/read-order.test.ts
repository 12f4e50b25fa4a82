import { describe, expect, test } from 'vitest';
import { PollSchedule, type PollScheduleOptions } from '../../../job-api/polling/poll-schedule.js';
import type { SeatedJob } from '../../../job-api/polling/poll-seat.js';
import { SteppedClock } from '../../fixtures/stepped-clock.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const RETENTION = { retentionMs: 30 * MINUTE, ttlMs: 24 * HOUR };

function scheduleWith(options: PollScheduleOptions = {}) {
  const clock = new SteppedClock();
  const schedule = new PollSchedule({ clock, random: () => 0.5, ...options });
  const reads: { readonly jobId: string; readonly at: number }[] = [];
  const began = clock.now();
  const ago = (ms: number) => new Date(began - ms).toISOString();
  /** Waits for a first turn. */
  const follow = (job: SeatedJob) => {
    void schedule
      .join(job)
      .turn({ capMs: Number.POSITIVE_INFINITY })
      .then(() => reads.push({ jobId: job.jobId, at: clock.now() - began }));
  };
  return { clock, schedule, reads, ago, follow };
}

describe('after nobody has followed the jobs for a while', () => {
  test.each([10, 29])('of %i minutes, they are read in the order in which their results go', async (minutes) => {
    const { clock, reads, ago, follow } = scheduleWith({ allowance: () => ({ perSecond: 40, longPolls: 10 }) });
    // As the server hands them out: in no order.
    const order = Array.from({ length: 50 }, (_, n) => (n * 37) % 50);
    for (const n of order) {
      follow({
        ...RETENTION,
        jobId: `${n}`,
        submittedAt: ago(HOUR),
        aliveAt: ago(minutes * MINUTE + (50 - n) * 1_000),
      });
      await clock.pass(7);
    }
    await clock.pass(3_000);
    expect(reads.map(({ jobId }) => Number(jobId))).toEqual(Array.from({ length: 50 }, (_, n) => n));
  });

  test('one that its ttl deletes soon comes before one that was seen alive earlier', async () => {
    const { clock, reads, ago, follow } = scheduleWith();
    follow({ ...RETENTION, jobId: 'stays', submittedAt: ago(HOUR), aliveAt: ago(20 * MINUTE) });
    follow({ ...RETENTION, jobId: 'goes', ttlMs: HOUR + MINUTE, submittedAt: ago(HOUR), aliveAt: ago(10 * MINUTE) });
    await clock.pass(200);
    expect(reads.map(({ jobId }) => jobId)).toEqual(['goes', 'stays']);
  });

  test('the first read waits until the others are there, and no longer than a second', async () => {
    const { clock, reads, ago, follow } = scheduleWith();
    for (let n = 0; n < 30; n++) {
      follow({ ...RETENTION, jobId: `${n}`, submittedAt: ago(HOUR) });
      await clock.pass(90);
    }
    expect(reads[0]?.at).toBe(1_000);
  });

  test('a young job that comes between them waits for nobody', async () => {
    const { clock, reads, ago, follow } = scheduleWith();
    follow({ ...RETENTION, jobId: 'young', submittedAt: ago(100) });
    await clock.pass(20);
    expect(reads).toEqual([{ jobId: 'young', at: 0 }]);
  });
});

describe('a job that is deep in the queue', () => {
  test('is read before its result could go, however slowly the queue is swept', async () => {
    const everyMinute = { retentionMs: MINUTE };
    const { clock, schedule, ago } = scheduleWith({
      allowance: () => ({ perSecond: 10, longPolls: 0 }),
      readHealth: async () => ({ jobs: { inProgress: 1, inQueue: 1_000 }, workers: { running: 1 } }),
    });
    // The oldest hundred stand before it, and are never read: theirs is another provider's patience.
    for (let n = 0; n < 100; n++) void schedule.join({ jobId: `${n}`, submittedAt: ago(HOUR + n) });
    const seat = schedule.join({ ...everyMinute, jobId: 'last', submittedAt: ago(0) });
    const readAt: number[] = [];
    const read = async () => {
      for (;;) {
        await seat.turn({ capMs: Number.POSITIVE_INFINITY });
        readAt.push(clock.now());
        seat.told({ jobId: 'last', status: 'IN_QUEUE' });
      }
    };
    void read();
    await clock.pass(5 * MINUTE);
    const gaps = readAt.slice(1).map((at, n) => at - (readAt[n] ?? 0));
    expect(Math.max(...gaps)).toBeLessThanOrEqual(MINUTE / 3);
    expect(readAt.length).toBeLessThan(40);
  });
});
