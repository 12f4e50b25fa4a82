import { describe, expect, test } from 'vitest';
import { type EndpointLoad, nextRead, PollSchedule } from '../../../job-api/poll-schedule.js';

const calm: EndpointLoad = { plainSeats: 1, longPolls: 0, olderSeats: 0, longPollWorks: true };
const noLongPoll: EndpointLoad = { ...calm, longPollWorks: false };
const MIDDLE = 0.5;

describe('the next read', () => {
  test.each([
    ['a fresh job', 0, 150],
    ['a job of 1 s', 1_000, 150],
    ['a job of 1.8 s', 1_800, 270],
  ])('of %s is a status soon', (_what, ageMs, delayMs) => {
    expect(nextRead({ ageMs, capMs: 60_000 }, calm, MIDDLE)).toEqual({ kind: 'status', delayMs });
  });

  test.each([
    [2_000, 60_000, 10_000],
    [3_600_000, 60_000, 10_000],
    [5_000, 4_000.7, 4_000],
  ])('of a job of %i ms that has %d ms is a long poll of %i ms', (ageMs, capMs, waitMs) => {
    expect(nextRead({ ageMs, capMs }, calm, MIDDLE)).toEqual({ kind: 'long-poll', waitMs });
  });

  test.each([
    ['the provider has no long poll', noLongPoll, 60_000],
    ['all long polls are out', { ...calm, longPolls: 200 }, 60_000],
    ['the long polls are for older jobs', { ...calm, olderSeats: 200 }, 60_000],
    ['there is less time than a long poll takes', calm, 999],
  ])('of an older job is a status where %s', (_what, load, capMs) => {
    expect(nextRead({ ageMs: 6_000, capMs }, load, MIDDLE)).toEqual({ kind: 'status', delayMs: Math.min(600, capMs) });
  });

  test.each([
    [2_000, 500],
    [20_000, 2_000],
    [3_600_000, 10_000],
  ])('of a job of %i ms without long poll is %i ms away', (ageMs, delayMs) => {
    expect(nextRead({ ageMs, capMs: 60_000 }, noLongPoll, MIDDLE)).toEqual({ kind: 'status', delayMs });
  });

  test.each([
    [0, 135],
    [0.999_999, 165],
  ])('is spread by ±10 %% (random %d)', (random, delayMs) => {
    expect(nextRead({ ageMs: 0, capMs: 60_000 }, calm, random)).toEqual({ kind: 'status', delayMs });
  });

  test.each([
    [0, 8_000],
    [0.999_999, 9_600],
  ])('keeps 800 jobs at 100 reads a second and below (random %d)', (random, delayMs) => {
    const load = { ...noLongPoll, plainSeats: 800 };
    expect(nextRead({ ageMs: 0, capMs: 60_000 }, load, random)).toEqual({ kind: 'status', delayMs });
  });

  test.each([-5, 0])('is immediate where %i ms are left', (capMs) => {
    expect(nextRead({ ageMs: 0, capMs }, calm, MIDDLE)).toEqual({ kind: 'status', delayMs: 0 });
  });
});

describe('a schedule', () => {
  const submitted = (second: number) => ({ submittedAt: new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString() });
  const old = { ageMs: 60_000, status: 'IN_PROGRESS', capMs: 60_000 } as const;

  test('reads a job at once when it is first seen', () => {
    expect(new PollSchedule(() => MIDDLE).join(submitted(0)).next(old)).toEqual({ kind: 'status', delayMs: 0 });
  });

  test('has at most 200 long polls out, and hands on those that come back', () => {
    const schedule = new PollSchedule(() => MIDDLE);
    const seats = Array.from({ length: 201 }, () => schedule.join(submitted(0)));
    for (const seat of seats) seat.next(old);
    const kinds = seats.map((seat) => seat.next(old).kind);
    expect(kinds.filter((kind) => kind === 'long-poll')).toHaveLength(200);

    seats[0]?.leave();
    expect(seats[200]?.next(old).kind).toBe('long-poll');
  });

  test('gives the long polls to the jobs that were submitted first', () => {
    const schedule = new PollSchedule(() => MIDDLE);
    const late = schedule.join(submitted(59));
    const early = Array.from({ length: 200 }, (_, n) => schedule.join(submitted(n % 50)));
    for (const seat of [late, ...early]) seat.next(old);
    expect(late.next(old).kind).toBe('status');
    expect(early.every((seat) => seat.next(old).kind === 'long-poll')).toBe(true);
  });

  test('counts only jobs that still wait, once each', () => {
    const schedule = new PollSchedule(() => MIDDLE);
    const seat = schedule.join(submitted(0));
    const gone = Array.from({ length: 1_000 }, () => schedule.join(submitted(0)));
    for (const other of [seat, ...gone]) other.next(old);
    for (const other of gone) {
      other.leave();
      other.leave();
    }
    expect(seat.next({ ...old, ageMs: 0 })).toEqual({ kind: 'status', delayMs: 150 });
  });

  test('asks for no long poll again once one job found that there is none', () => {
    const schedule = new PollSchedule(() => MIDDLE);
    const [one, other] = [schedule.join(submitted(0)), schedule.join(submitted(1))];
    for (const seat of [one, other]) seat.next(old);
    expect(one.next(old).kind).toBe('long-poll');
    one.longPollUnsupported();
    expect([one, other].map((seat) => seat.next(old).kind)).toEqual(['status', 'status']);
  });

  test('does not spin on a long poll that is not held', () => {
    const seat = new PollSchedule(() => MIDDLE).join(submitted(0));
    seat.next(old);
    expect(seat.next(old).kind).toBe('long-poll');
    expect(seat.next({ ...old, ageMs: old.ageMs + 20 })).toEqual({ kind: 'status', delayMs: 6_002 });
    expect(seat.next({ ...old, ageMs: old.ageMs + 6_100 }).kind).toBe('long-poll');
  });

  test('asks at once again after a long poll that told something new, or was held', () => {
    const seat = new PollSchedule(() => MIDDLE).join(submitted(0));
    seat.next({ ...old, status: 'IN_QUEUE' });
    seat.next({ ...old, status: 'IN_QUEUE' });
    expect(seat.next({ ...old, ageMs: old.ageMs + 20 }).kind).toBe('long-poll');
    expect(seat.next({ ...old, ageMs: old.ageMs + 10_020 }).kind).toBe('long-poll');
  });
});
