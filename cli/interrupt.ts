import type { EventEmitter } from 'node:events';
import { signalExitCode } from './exit-codes.js';
import type { Session } from './session.js';

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

/** A start that gives up where a signal comes first. */
export interface InterruptibleStart extends Pick<Interrupt, 'dispose'> {
  readonly signal: AbortSignal;
  /** The exit code, where this is the error of a start that was given up. */
  codeOf(error: unknown): number | undefined;
}

/** As {@link onInterrupt}, for what can be given up while it starts: the first signal asks it to, and says so. */
export function interruptStart({ process, output }: Pick<Session, 'process' | 'output'>): InterruptibleStart {
  const asked = new AbortController();
  const interrupt = onInterrupt({
    signals: process.signals,
    now: process.now,
    first() {
      output.note('Stopping; Ctrl-C again leaves at once.');
      asked.abort();
    },
    leave: process.exit,
  });
  return {
    signal: asked.signal,
    codeOf: (error) => (error === asked.signal.reason ? interrupt.exitCode : undefined),
    dispose: interrupt.dispose,
  };
}
