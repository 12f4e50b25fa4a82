import { describe, expect, test } from 'vitest';
import type { EndpointHealth, JobStatus, RemoteJob } from '../../../job-api/job.js';
import { PollSchedule, type PollScheduleOptions } from '../../../job-api/polling/poll-schedule.js';
import type { PollSeat, PollTurn, TurnOptions } from '../../../job-api/polling/poll-seat.js';
import { EndpointModel, type EndpointModelOptions } from '../../fixtures/endpoint-model.js';
import { SteppedClock } from '../../fixtures/stepped-clock.js';

const FOREVER = { capMs: Number.POSITIVE_INFINITY };

function scheduleWith(options: PollScheduleOptions = {}) {
  const clock = new SteppedClock();
  const schedule = new PollSchedule({ clock, random: () => 0.5, ...options });
  const join = (ageMs: number, jobId = 'a') =>
    schedule.join({ jobId, submittedAt: new Date(clock.now() - ageMs).toISOString() });
  /** The turn, and how long it took. */
  const turnOf = async (
    seat: PollSeat,
    options: TurnOptions = FOREVER,
  ): Promise<{ turn: PollTurn; afterMs: number }> => {
    const asked = clock.now();
    let result: { turn: PollTurn; afterMs: number } | undefined;
    void seat.turn(options).then((turn) => {
      result = { turn, afterMs: clock.now() - asked };
    });
    for (let n = 0; n < 2_000 && result === undefined; n++) await clock.pass(20);
    if (result === undefined) throw new Error('no turn came');
    return result;
  };
  return { clock, schedule, join, turnOf };
}

const job = (status: JobStatus, more: Partial<RemoteJob> = {}): RemoteJob => ({ jobId: 'a', status, ...more });

describe('a turn', () => {
  test('comes at once for a job that was not read yet, whatever its age', async () => {
    const { join, turnOf } = scheduleWith();
    expect(await turnOf(join(0))).toEqual({ turn: { kind: 'status' }, afterMs: 0 });
    // A moment later after a start, since others may come whose results go sooner.
    expect(await turnOf(join(60_000))).toEqual({ turn: { kind: 'status' }, afterMs: 100 });
  });

  test('waits for the others after a start also where a limit of the job has passed, and then goes to the first to disappear', async () => {
    const { clock, join } = scheduleWith();
    const turns: string[] = [];
    for (const [jobId, ageMs] of [['late', 1_200_000] as const, ['first', 1_260_000] as const]) {
      const seat = join(ageMs, jobId);
      void seat.turn({ capMs: -60_000 }).then(() => turns.push(seat.jobId));
      await clock.pass(50);
    }
    expect(turns).toEqual([]);
    await clock.pass(100);
    expect(turns).toEqual(['first', 'late']);
  });

  test('comes soon again for a young job, since it may be one that ends at once', async () => {
    const { join, turnOf } = scheduleWith();
    const seat = join(0);
    await turnOf(seat);
    seat.told(job('IN_PROGRESS'));
    const { turn, afterMs } = await turnOf(seat);
    expect(turn.kind).toBe('status');
    expect(afterMs).toBeGreaterThan(100);
    expect(afterMs).toBeLessThan(300);
  });

  test('is a long poll for a job that is no longer young', async () => {
    const { join, turnOf } = scheduleWith();
    const seat = join(5_000);
    await turnOf(seat);
    seat.told(job('IN_PROGRESS'));
    expect(await turnOf(seat)).toEqual({ turn: { kind: 'long-poll', waitMs: 10_000 }, afterMs: 0 });
  });

  test.each([
    ['the provider has no long poll', (seat: PollSeat) => seat.longPollUnsupported(), FOREVER],
    ['there is less time than a long poll takes', () => undefined, { capMs: 900 }],
  ])('is a plain one where %s', async (_what, prepare, options) => {
    const { join, turnOf } = scheduleWith();
    const seat = join(60_000);
    await turnOf(seat);
    seat.told(job('IN_PROGRESS'));
    prepare(seat);
    const { turn, afterMs } = await turnOf(seat, options);
    expect(turn.kind).toBe('status');
    expect(afterMs).toBeGreaterThan(500);
  });

  test('does not come in a busy loop where a long poll is not held', async () => {
    const { join, turnOf } = scheduleWith();
    const seat = join(60_000);
    await turnOf(seat);
    seat.told(job('IN_PROGRESS'));
    expect((await turnOf(seat)).turn.kind).toBe('long-poll');
    seat.told(job('IN_PROGRESS'));
    expect((await turnOf(seat)).turn.kind).toBe('status');
    seat.told(job('IN_PROGRESS'));
    expect((await turnOf(seat)).turn.kind).toBe('long-poll');
  });

  test('comes by the limit of the job, however little there is to expect', async () => {
    const { join, turnOf } = scheduleWith();
    const seat = join(3_600_000);
    await turnOf(seat);
    seat.told(job('IN_PROGRESS'));
    seat.longPollUnsupported();
    expect(await turnOf(seat, { capMs: 100 })).toEqual({ turn: { kind: 'status' }, afterMs: 100 });
  });

  test('says when to come back where its time is over before the job is due', async () => {
    const { join, turnOf } = scheduleWith();
    const seat = join(3_600_000);
    await turnOf(seat);
    seat.told(job('IN_PROGRESS'));
    seat.longPollUnsupported();
    const { turn, afterMs } = await turnOf(seat, { ...FOREVER, windowMs: 500 });
    expect(afterMs).toBe(500);
    expect(turn.kind === 'leave' && turn.comeBackMs).toBeGreaterThan(5_000);
  });

  test('is given up with the reason of the signal, and the seat can ask again', async () => {
    const { join, turnOf } = scheduleWith();
    const seat = join(3_600_000);
    await turnOf(seat);
    seat.longPollUnsupported();
    seat.told(job('IN_PROGRESS'));
    const abort = new AbortController();
    const turn = seat.turn({ ...FOREVER, signal: abort.signal });
    abort.abort(new Error('cancelled'));
    await expect(turn).rejects.toThrow('cancelled');
    expect((await turnOf(seat)).turn.kind).toBe('status');
  });

  test('comes late rather than often where it is known how long jobs run', async () => {
    const { join, turnOf } = scheduleWith();
    for (let n = 0; n < 200; n++) {
      const ended = join(5_000);
      await turnOf(ended);
      ended.told(job('COMPLETED', { executionTimeMs: 4_000 + n }));
      ended.leave();
    }
    const seat = join(0);
    await turnOf(seat);
    seat.longPollUnsupported();
    seat.told(job('IN_PROGRESS', { delayTimeMs: 0 }));
    const { afterMs } = await turnOf(seat);
    expect(afterMs).toBeGreaterThan(1_500);
    expect(afterMs).toBeLessThan(4_600);
  });
});

describe('many jobs', () => {
  test('are read no faster than the limits allow, the first reads after a restart too', async () => {
    const clock = new SteppedClock();
    const schedule = new PollSchedule({ clock, allowance: () => ({ perSecond: 20, longPolls: 10 }) });
    let reads = 0;
    for (let n = 0; n < 100; n++) {
      const seat = schedule.join({ jobId: `${n}`, submittedAt: new Date(clock.now() - 60_000).toISOString() });
      void seat.turn(FOREVER).then(() => {
        reads += 1;
      });
    }
    await clock.pass(1_000);
    expect(reads).toBeGreaterThanOrEqual(20);
    expect(reads).toBeLessThanOrEqual(25);
    await clock.pass(4_000);
    expect(reads).toBe(100);
  });

  test('have as many long polls out as the limits allow, and hand on those that come back', async () => {
    const clock = new SteppedClock();
    const schedule = new PollSchedule({ clock, allowance: () => ({ perSecond: 1_000, longPolls: 10 }) });
    const seats = Array.from({ length: 12 }, (_, n) =>
      schedule.join({ jobId: `${n}`, submittedAt: new Date(clock.now() - 60_000 + n).toISOString() }),
    );
    for (const seat of seats) {
      const turn = seat.turn(FOREVER);
      await clock.pass(100);
      await turn;
      seat.told(job('IN_PROGRESS'));
    }
    const kinds: string[] = [];
    for (const seat of seats) void seat.turn(FOREVER).then(({ kind }) => kinds.push(kind));
    await clock.pass(200);
    expect(kinds).toEqual(Array.from({ length: 10 }, () => 'long-poll'));

    seats[0]?.told(job('COMPLETED'));
    seats[0]?.leave();
    await clock.pass(10_000);
    expect(kinds.filter((kind) => kind === 'status')).not.toHaveLength(0);
  });

  test('are no trouble where the counters of the endpoint cannot be read', async () => {
    const model = new EndpointModel(
      { workers: 100, runMs: () => 1_000 },
      { readHealth: () => Promise.reject<EndpointHealth>(new Error('no')) },
    );
    model.submit(100);
    model.follow();
    await model.clock.pass(20_000);
    expect(model.lags).toHaveLength(100);
  });
});

describe('an endpoint with a long queue, in simulation', () => {
  const PER_SECOND = 32;
  const WORKERS = 40;
  const JOBS = 1_000;
  /** What equal spacing has: each waiting job is read in turn, and there are half of them in the middle. */
  const EQUAL_SPACING_MS = (JOBS / 2 / PER_SECOND / 2) * 1_000;

  async function drained(options: Pick<EndpointModelOptions, 'runMs'> & Partial<EndpointModelOptions>) {
    const allowance = { perSecond: PER_SECOND, longPolls: 56 };
    const model = new EndpointModel({ workers: WORKERS, ...options }, { allowance: () => allowance });
    model.submit(JOBS);
    model.follow();
    await model.clock.pass(300_000);
    expect(model.lags).toHaveLength(JOBS);
    expect(model.readsOfMostBusySecond).toBeLessThanOrEqual(PER_SECOND + 5);
    return { model, meanMs: model.lags.reduce((sum, lag) => sum + lag, 0) / JOBS };
  }
  const between2And6 = (n: number) => 2_000 + ((n * 2_654_435_761) % 4_000);

  test('finds ends almost at once where there is a long poll, with hardly more than a read a job', async () => {
    const { model, meanMs } = await drained({ runMs: between2And6 });
    expect(meanMs).toBeLessThan(100);
    expect(model.reads.length).toBeLessThan(JOBS * 1.6);
    expect(model.mostLongPolls).toBeLessThanOrEqual(56);
  });

  test('finds them in a tenth of the time of equal spacing where there is none', async () => {
    const { meanMs } = await drained({ runMs: between2And6, longPoll: false });
    expect(meanMs).toBeLessThan(EQUAL_SPACING_MS / 8);
  });

  test('is no worse than equal spacing where no job tells anything of the next', async () => {
    const unpredictable = (n: number) => -4_000 * Math.log(1 - ((n * 2_654_435_761) % 1_000) / 1_000);
    const { meanMs } = await drained({ runMs: unpredictable, longPoll: false });
    expect(meanMs).toBeLessThan(EQUAL_SPACING_MS / 2);
  });

  test('finds every end where the endpoint serves its queue in no order at all', async () => {
    let n = 1;
    const { meanMs } = await drained({
      runMs: between2And6,
      longPoll: false,
      pick: (waiting) => {
        n = (n * 16_807) % 2_147_483_647;
        return n % waiting.length;
      },
    });
    expect(meanMs).toBeLessThan(EQUAL_SPACING_MS * 2);
  });
});
