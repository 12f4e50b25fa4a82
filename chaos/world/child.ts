/** A part of the world in a process of its own, which can be killed at any moment and ends with this one. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

export interface Child {
  /** What it said when it was ready. */
  readonly ready: unknown;
  signal(signal: NodeJS.Signals): void;
  send(message: unknown): void;
  /** Resolves when it has ended, however. */
  readonly ended: Promise<void>;
}

const READY_MS = 120_000;

/** One listener for all of them: there may be a dozen, and each would have one. */
const children = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

/**
 * Runs a file with one JSON argument and resolves with its first message. What it writes goes to `log`, a file descriptor.
 *
 * @throws Error where it ends before, or takes longer than two minutes.
 */
export async function startChild(file: string, options: unknown, log: number): Promise<Child> {
  const child = fork(file, [JSON.stringify(options)], { stdio: ['ignore', log, log, 'ipc'] });
  children.add(child);
  const ended = once(child, 'exit').then(() => void children.delete(child));
  try {
    const ready = await firstMessage(child);
    return {
      ready,
      signal: (signal) => void child.kill(signal),
      send: (message) => {
        if (child.connected) child.send(message as object, () => undefined);
      },
      ended,
    };
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw new Error(`${file.split('/').at(-1)} did not start: ${(error as Error).message}`, { cause: error });
  }
}

async function firstMessage(child: ChildProcess): Promise<unknown> {
  const waiting = new AbortController();
  const { signal } = waiting;
  // Not `AbortSignal.timeout` in `AbortSignal.any`: Node may collect it before it fires (nodejs/node#57736).
  const tooLate = delay(READY_MS, undefined, { signal }).then(() => {
    throw new Error(`it said nothing within ${READY_MS} ms`);
  });
  const ended = once(child, 'exit', { signal }).then(([code, by]) => {
    throw new Error(`it ended (${by ?? code})`);
  });
  try {
    const [ready] = (await Promise.race([once(child, 'message', { signal }), ended, tooLate])) as [unknown];
    return ready;
  } finally {
    waiting.abort();
  }
}

/** What the file of a child calls: runs `serve` if this process is it, and ends with its parent. */
export async function serveAsChild<Options>(
  file: string,
  serve: (options: Options) => Promise<unknown>,
): Promise<void> {
  if (process.argv[1] !== file) return;
  process.once('disconnect', () => process.exit());
  // Ctrl-C reaches all processes of a terminal; who ends is for the parent to say.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
  process.send?.(await serve(JSON.parse(process.argv[2] ?? '') as Options));
}
