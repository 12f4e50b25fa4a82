import type { EventEmitter } from 'node:events';
import { signalExitCode } from './exit-codes.js';

type EndSignal = 'SIGINT' | 'SIGTERM';

export interface InterruptOptions {
  /** The first signal: end politely. */
  readonly first: (signal: EndSignal) => void;
  /** The second: leave at once with the code. */
  readonly leave: (exitCode: number) => void;
  /** Where the signals come from: `process`. */
  readonly signals: Pick<EventEmitter, 'on' | 'off'>;
  /** Milliseconds, monotonic. */
  readonly now: () => number;
}

export interface Interrupt {
  /** 130 or 143 once a signal came. */
  readonly exitCode: number | undefined;
  /** Back to the default: the next signal ends the process. */
  dispose(): void;
}

/**
 * npm and npx forward the terminal's SIGINT to a process that has it from the terminal already, so one key press arrives
 * twice, a few milliseconds apart. No person presses twice within this time.
 */
const SAME_KEY_PRESS_MS = 200;

/** Two-stage Ctrl-C: the first asks the command to end politely, the second leaves. SIGTERM counts alike. */
export function onInterrupt({ first, leave, signals, now }: InterruptOptions): Interrupt {
  let exitCode: number | undefined;
  let firstAt = 0;

  function receive(signal: EndSignal): void {
    if (exitCode === undefined) {
      exitCode = signalExitCode(signal);
      firstAt = now();
      first(signal);
    } else if (now() - firstAt > SAME_KEY_PRESS_MS) {
      leave(exitCode);
    }
  }

  const listeners = (['SIGINT', 'SIGTERM'] as const).map((signal) => ({ signal, listener: () => receive(signal) }));
  for (const { signal, listener } of listeners) signals.on(signal, listener);
  return {
    get exitCode() {
      return exitCode;
    },
    dispose() {
      for (const { signal, listener } of listeners) signals.off(signal, listener);
    },
  };
}
