import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { onInterrupt } from '../../../cli/interrupt.js';

function setUp() {
  const signals = new EventEmitter();
  const calls: string[] = [];
  let time = 1_000;
  const interrupt = onInterrupt({
    signals,
    now: () => time,
    first: (signal) => calls.push(`first ${signal}`),
    leave: (code) => calls.push(`leave ${code}`),
  });
  return { signals, calls, interrupt, pass: (ms: number) => (time += ms) };
}

describe('an interrupt', () => {
  it('asks to end politely at the first Ctrl-C and leaves at the second', () => {
    const { signals, calls, interrupt, pass } = setUp();
    expect(interrupt.exitCode).toBeUndefined();
    signals.emit('SIGINT');
    expect(interrupt.exitCode).toBe(130);
    pass(1_000);
    signals.emit('SIGINT');
    expect(calls).toEqual(['first SIGINT', 'leave 130']);
  });

  it('takes the copy of a Ctrl-C that npm forwards for the same key press', () => {
    const { signals, calls, pass } = setUp();
    signals.emit('SIGINT');
    pass(5);
    signals.emit('SIGINT');
    expect(calls).toEqual(['first SIGINT']);
  });

  it('counts SIGTERM alike, with its own exit code', () => {
    const { signals, calls, interrupt, pass } = setUp();
    signals.emit('SIGTERM');
    pass(1_000);
    signals.emit('SIGTERM');
    expect(calls).toEqual(['first SIGTERM', 'leave 143']);
    expect(interrupt.exitCode).toBe(143);
  });

  it('listens no longer once it is disposed of', () => {
    const { signals, interrupt } = setUp();
    interrupt.dispose();
    expect(signals.eventNames()).toEqual([]);
  });
});
