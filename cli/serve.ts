import { ServerError } from './errors.js';
import { EXIT_CODES, exitCodeFor } from './exit-codes.js';
import { onInterrupt } from './interrupt.js';
import type { Session } from './session.js';

/** A server that runs. */
export interface Served {
  /** Settles where it ends by itself; rejects with the reason. */
  readonly done?: Promise<void>;
  stop(): Promise<void>;
}

/**
 * Starts a server and keeps it until Ctrl-C or SIGTERM, which stop it politely; a second one leaves at once.
 *
 * @param start gives up where its signal says so, if it takes long.
 * @throws {ServerError} where it cannot start.
 */
export async function serve(
  start: (signal: AbortSignal) => Promise<Served>,
  { process, output }: Session,
): Promise<number> {
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
  try {
    const server = await start(asked.signal);
    await Promise.race([aborted(asked.signal), ...(server.done === undefined ? [] : [server.done])]);
    await server.stop();
    return EXIT_CODES.ok.code;
  } catch (error) {
    // A start that was given up.
    if (interrupt.exitCode !== undefined && error === asked.signal.reason) return interrupt.exitCode;
    throw startFailure(error);
  } finally {
    interrupt.dispose();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}

/** What a server could not start by: its own reason, unless the exit codes know a better one. */
export function startFailure(error: unknown): unknown {
  return exitCodeFor(error) === EXIT_CODES.internal.code ? asServerError(error) : error;
}

export function asServerError(error: unknown): ServerError {
  return new ServerError(error instanceof Error ? error.message : String(error), { cause: error });
}
