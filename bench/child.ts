/** A part of a benchmark in a process of its own, so that its memory and its cores' time are that of nothing else. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

export interface Child {
  tell(message: object): void;
  /** The next thing it says. */
  answer(): Promise<unknown>;
  stop(): Promise<void>;
}

/** Runs a file with one JSON argument; it ends with this process. */
export function startChild(file: string, options: unknown): Child {
  const child = fork(file, [JSON.stringify(options)], { stdio: ['ignore', 2, 2, 'ipc'], execArgv: ['--expose-gc'] });
  const answers: unknown[] = [];
  child.on('message', (message) => answers.push(message));
  return {
    tell: (message) => void child.send(message),
    async answer() {
      while (answers.length === 0) await nextSign(child);
      return answers.shift();
    },
    async stop() {
      if (child.exitCode !== null) return;
      const ended = once(child, 'exit');
      if (child.connected) child.disconnect();
      await ended;
    },
  };
}

async function nextSign(child: ChildProcess): Promise<void> {
  const waiting = new AbortController();
  try {
    const sign = await Promise.race([
      once(child, 'message', waiting).then(() => 'message'),
      once(child, 'exit', waiting).then(() => 'exit'),
    ]);
    if (sign === 'exit') throw new Error('a process of the benchmark ended early');
  } finally {
    waiting.abort();
  }
}
