import { describe, expect, it, vi } from 'vitest';
import { TestClock } from '../../../emulator/index.js';

describe('a test clock', () => {
  it('stands still until it is advanced', () => {
    const clock = new TestClock({ startAt: 1_000 });
    expect(clock.now()).toBe(1_000);
    clock.advance(250);
    expect(clock.now()).toBe(1_250);
  });

  it('does what falls due in its order, each at its own time, also what comes up on the way', () => {
    const clock = new TestClock({ startAt: 0 });
    const seen: [string, number][] = [];
    const note = (what: string) => () => seen.push([what, clock.now()]);
    clock.after(300, note('late'));
    clock.after(100, () => {
      note('early')();
      clock.after(50, note('after early'));
    });
    clock.after(301, note('not yet'));
    clock.advance(300);
    expect(seen).toEqual([
      ['early', 100],
      ['after early', 150],
      ['late', 300],
    ]);
  });

  it('forgets what was taken back', () => {
    const clock = new TestClock();
    const late = vi.fn();
    const cancel = clock.after(10, late);
    expect(clock.isWaitedFor(10)).toBe(true);
    cancel();
    expect(clock.isWaitedFor(10)).toBe(false);
    clock.advance(10);
    expect(late).not.toHaveBeenCalled();
  });

  it('never goes back', () => {
    expect(() => new TestClock().advance(-1)).toThrow('not by -1');
  });

  it('runs with the real time where it is told to, and can be ahead of it', async () => {
    const clock = new TestClock({ running: true });
    const began = clock.now();
    await new Promise<void>((resolve) => clock.after(5, resolve));
    expect(clock.now()).toBeGreaterThanOrEqual(began + 4);
    const hour = new Promise<void>((resolve) => clock.after(3_600_000, resolve));
    const soonAfter = new Promise<void>((resolve) => clock.after(3_600_005, resolve));
    clock.advance(3_600_000);
    await hour;
    await soonAfter;
    expect(clock.now()).toBeGreaterThanOrEqual(began + 3_600_000);
  });
});
