import { describe, expect, it } from 'vitest';
import { backoffMs } from '../../../workflows/jobs/backoff.js';

const settings = { retry: { platform: 9, queue: 9, handler: 9, backoff: { firstMs: 1_000, maxMs: 30_000 } } };
const LEAST = () => 0;
const MOST = () => 1;

describe('the pause before an extra job', () => {
  it.each(['platform', 'handler'] as const)(
    'doubles with each that %s had, up to a bound, and half is by chance',
    (budget) => {
      const pauses = [0, 1, 2, 4, 5, 99].map((used) =>
        [LEAST, MOST].map((random) => backoffMs(settings, budget, used, random)),
      );
      expect(pauses).toEqual([
        [500, 1_000],
        [1_000, 2_000],
        [2_000, 4_000],
        [8_000, 16_000],
        [15_000, 30_000],
        [15_000, 30_000],
      ]);
    },
  );

  it('is none for a job that waited for a worker in vain', () => {
    expect(backoffMs(settings, 'queue', 0, MOST)).toBe(0);
  });

  it('never passes a bound below its beginning', () => {
    const { retry } = settings;
    const short = { retry: { ...retry, backoff: { firstMs: 5_000, maxMs: 100 } } };
    expect(backoffMs(short, 'platform', 0, MOST)).toBe(100);
  });
});
