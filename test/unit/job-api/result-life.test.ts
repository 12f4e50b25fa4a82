import { describe, expect, test } from 'vitest';
import { type LastRead, readableUntil, toBeReadBy, unseenSince } from '../../../job-api/polling/result-life.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const T0 = Date.UTC(2026, 0, 1);
const kept = { retentionMs: 30 * MINUTE, ttlMs: 24 * HOUR };

describe('a result', () => {
  test.each<[string, LastRead, { until: number; readBy: number; unseenSince: number }]>([
    [
      'of a job that was just submitted stays for as long as one that ended at once',
      { ...kept, submittedAtMs: T0, aliveAtMs: T0 },
      { until: 30 * MINUTE, readBy: 10 * MINUTE, unseenSince: 0 },
    ],
    [
      'stays longer the later its job was seen alive',
      { ...kept, submittedAtMs: T0, aliveAtMs: T0 + 2 * HOUR },
      { until: 150 * MINUTE, readBy: 130 * MINUTE, unseenSince: 2 * HOUR },
    ],
    [
      'goes with its job when the ttl is over',
      { retentionMs: 30 * MINUTE, ttlMs: HOUR, submittedAtMs: T0, aliveAtMs: T0 + 45 * MINUTE },
      { until: HOUR, readBy: 50 * MINUTE, unseenSince: 30 * MINUTE },
    ],
    [
      'of a provider that keeps it for a minute is read within 20 s',
      { retentionMs: MINUTE, submittedAtMs: T0, aliveAtMs: T0 },
      { until: MINUTE, readBy: MINUTE / 3, unseenSince: 0 },
    ],
    [
      'is not asked for more than once a second, however soon it goes',
      { retentionMs: 300, submittedAtMs: T0, aliveAtMs: T0 },
      { until: 300, readBy: 1_000, unseenSince: 0 },
    ],
    [
      'of a job that should be deleted by now sets no pace',
      { ...kept, ttlMs: HOUR, submittedAtMs: T0, aliveAtMs: T0 + HOUR },
      { until: HOUR, readBy: Number.POSITIVE_INFINITY, unseenSince: 30 * MINUTE },
    ],
    [
      'sets no pace where nothing tells how long it stays',
      { submittedAtMs: T0, aliveAtMs: T0 + MINUTE },
      { until: Number.POSITIVE_INFINITY, readBy: Number.POSITIVE_INFINITY, unseenSince: MINUTE },
    ],
  ])('%s', (_, read, expected) => {
    expect({
      until: readableUntil(read) - T0,
      readBy: toBeReadBy(read) - T0,
      unseenSince: unseenSince(read) - T0,
    }).toEqual(expected);
  });
});
