import { ServerError } from './errors.js';
import { EXIT_CODES, exitCodeFor } from './exit-codes.js';
import { interruptStart } from './interrupt.js';
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
export async function serve(start: (signal: AbortSignal) => Promise<Served>, session: Session): Promise<number> {
  const interrupt = interruptStart(session);
  const { signal } = interrupt;
  try {
    const server = await start(signal);
    await Promise.race([aborted(signal), ...(server.done === undefined ? [] : [server.done])]).catch(
      async (error: unknown) => {
        // What is left of it would go on, and hold its ports and its folder, with a process that has said that it ended.
        await server.stop().catch(() => undefined);
        throw error;
      },
    );
    await server.stop();
    return EXIT_CODES.ok.code;
  } catch (error) {
    const exitCode = interrupt.codeOf(error);
    if (exitCode !== undefined) return exitCode;
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
