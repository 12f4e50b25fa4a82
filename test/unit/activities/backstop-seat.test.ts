import { describe, expect, test } from 'vitest';
import { BackstopSeat } from '../../../activities/backstop-seat.js';
import type { PollTurn, TurnOptions } from '../../../job-api/polling/poll-seat.js';
import type { Retention } from '../../../job-api/polling/result-life.js';
import { SteppedClock } from '../../fixtures/stepped-clock.js';

const MINUTE = 60_000;
const FOREVER = { capMs: Number.POSITIVE_INFINITY };

function seatWith({ woken = false, random = 0, ...retention }: { woken?: boolean; random?: number } & Retention = {}) {
  const clock = new SteppedClock();
  let arrived: (() => void) | undefined;
  const seat = new BackstopSeat({
    job: { jobId: 'a', submittedAt: new Date(clock.now()).toISOString(), ...retention },
    backstopMs: MINUTE,
    woken,
    clock,
    random: () => random,
    onArrival(callback) {
      arrived = callback;
      return () => {
        arrived = undefined;
      };
    },
  });
  /** The turn, and how long it took, if it came within two minutes. */
  const turn = async (options: TurnOptions = FOREVER, during?: () => Promise<void>) => {
    const asked = clock.now();
    let result: { turn: PollTurn; afterMs: number } | undefined;
    void seat.turn(options).then((given) => {
      result = { turn: given, afterMs: clock.now() - asked };
    });
    await clock.pass(0);
    await during?.();
    await clock.pass(0);
    for (let n = 0; n < 1_200 && result === undefined; n++) await clock.pass(100);
    return result;
  };
  return { clock, seat, turn, arrive: () => arrived?.(), isListening: () => arrived !== undefined };
}

describe('a job with a webhook', () => {
  test('is read at once, since it may have ended while nobody followed it', async () => {
    expect(await seatWith().turn()).toEqual({ turn: { kind: 'status' }, afterMs: 0 });
  });

  test('is read again after the backstop, where nothing comes', async () => {
    const { turn } = seatWith();
    await turn();
    expect(await turn()).toEqual({ turn: { kind: 'status' }, afterMs: MINUTE });
    expect(await turn()).toEqual({ turn: { kind: 'status' }, afterMs: MINUTE });
  });

  test('is never read later than the backstop says, and those of one time not together', async () => {
    const { turn } = seatWith({ random: 0.999 });
    await turn();
    expect((await turn())?.afterMs).toBeCloseTo(0.9 * MINUTE, -3);
  });

  test('is read when its webhook comes, and a few times after it, in case the provider was too early', async () => {
    const { clock, turn, arrive } = seatWith();
    await turn();
    const first = await turn(FOREVER, async () => {
      await clock.pass(4_000);
      arrive();
    });
    expect(first).toEqual({ turn: { kind: 'status' }, afterMs: 4_000 });
    const waits: (number | undefined)[] = [];
    for (let n = 0; n < 6; n++) waits.push((await turn())?.afterMs);
    expect(waits).toEqual([300, 700, 1_500, 3_000, 6_000, MINUTE]);
  });

  test('is read next where its webhook comes while it is being read', async () => {
    const { turn, arrive } = seatWith();
    await turn();
    arrive();
    expect(await turn()).toEqual({ turn: { kind: 'status' }, afterMs: 0 });
  });

  test('is read a few times where its webhook came before anybody waited', async () => {
    const { turn } = seatWith({ woken: true });
    expect([(await turn())?.afterMs, (await turn())?.afterMs, (await turn())?.afterMs]).toEqual([0, 300, 700]);
  });

  test('is read when its next limit passes, if that is earlier', async () => {
    const { turn } = seatWith();
    await turn();
    expect(await turn({ capMs: 20_000 })).toEqual({ turn: { kind: 'status' }, afterMs: 20_000 });
  });

  test('is left at the end of the window, for as long as the backstop has to go', async () => {
    const { turn } = seatWith();
    await turn();
    expect(await turn({ ...FOREVER, windowMs: 45_000 })).toEqual({
      turn: { kind: 'leave', comeBackMs: 15_000 },
      afterMs: 45_000,
    });
  });

  test('is given up with the reason of whoever cancels it, and listens until then', async () => {
    const { seat, turn, arrive, isListening } = seatWith();
    await turn();
    const cancel = new AbortController();
    const waiting = seat.turn({ ...FOREVER, signal: cancel.signal });
    cancel.abort(new Error('shut down'));
    await expect(waiting).rejects.toThrow('shut down');
    arrive();
    expect(isListening()).toBe(true);
    seat.leave();
    expect(isListening()).toBe(false);
  });

  test('is read sooner than by the backstop where its result would not stay so long', async () => {
    const { seat, turn } = seatWith({ retentionMs: MINUTE });
    await turn();
    seat.told({ jobId: 'a', status: 'IN_PROGRESS' });
    expect(await turn()).toEqual({ turn: { kind: 'status' }, afterMs: MINUTE / 3 });
  });
});
