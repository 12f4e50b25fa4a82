import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fittingWindow, type TimeWindow } from '../../../activities/fitting-window.js';

const inWindow =
  (closedAtMs: readonly number[]) =>
  async ({ fromMs, toMs }: TimeWindow) =>
    closedAtMs.filter((at) => at >= fromMs && at <= toMs).length;

describe('a window of time that fits', () => {
  it('is the whole one where that does', async () => {
    expect(await fittingWindow({ fromMs: 0, toMs: 1_000 }, 3, inWindow([1, 2, 999]))).toEqual({
      fromMs: 0,
      toMs: 1_000,
    });
  });

  it('begins with the oldest where there are too many', async () => {
    expect(await fittingWindow({ fromMs: 0, toMs: 1_000 }, 2, inWindow([100, 300, 600, 900]))).toEqual({
      fromMs: 0,
      toMs: 500,
    });
  });

  it('is a millisecond where more closed in one than fit', async () => {
    expect(await fittingWindow({ fromMs: 0, toMs: 1_000 }, 2, inWindow([0, 0, 0, 1]))).toEqual({ fromMs: 0, toMs: 1 });
  });

  it('leaves out nothing and comes to an end, one after another', async () => {
    const closes = fc.array(fc.integer({ min: 0, max: 10_000 }), { maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(closes, fc.integer({ min: 1, max: 10 }), async (closedAtMs, limit) => {
        const seen = new Set<number>();
        let fromMs = 0;
        for (let windows = 0; fromMs < 10_000; windows++) {
          expect(windows).toBeLessThan(1_000);
          const window = await fittingWindow({ fromMs, toMs: 10_000 }, limit, inWindow(closedAtMs));
          const found = closedAtMs.filter((at) => at >= window.fromMs && at <= window.toMs);
          if (window.toMs - window.fromMs > 1) expect(found.length).toBeLessThanOrEqual(limit);
          for (const at of found) seen.add(at);
          fromMs = window.toMs;
        }
        expect(seen).toEqual(new Set(closedAtMs));
      }),
    );
  });
});
