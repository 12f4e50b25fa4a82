import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { killGroup } from './kill-group.js';

/** Given to a process between SIGTERM and SIGKILL. */
const GRACE_MS = 5_000;
const KEPT_LINES = 20;

/** A program in Go that panics says why first, and then where all its goroutines were: a hundred lines that would push it out. */
const GO_STACKS = /^goroutine \d+ \[/;

/**
 * Runs between us and the process, since nothing else ends a child of a parent that was killed with SIGKILL on every system: the
 * channel to us closes when we are gone in whatever way, and then it ends the process. Costs 40 MB and 40 ms; a shell reading a
 * pipe would cost less, and needs a shell.
 */
const SUPERVISOR = `
const { spawn } = require('node:child_process');
const [command, ...args] = process.argv.slice(1);
const child = spawn(command, args, { stdio: ['ignore', 2, 2], windowsHide: true });
const tell = (message) => process.connected && process.send(message, () => {});
child.on('spawn', () => tell({ pid: child.pid }));
child.on('error', (error) => tell({ error: error.message }));
child.on('exit', (code, signal) => {
  tell({ exit: signal ? 'ended by ' + signal : 'exit ' + code });
  process.exitCode = code ?? 1;
  if (process.connected) process.disconnect();
  clearTimeout(killing);
});
let killing;
const end = () => {
  if (killing || child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  killing = setTimeout(() => child.kill('SIGKILL'), ${GRACE_MS});
};
process.on('message', end);
process.on('disconnect', end);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end);
`;

type SupervisorMessage = { readonly pid: number } | { readonly error: string } | { readonly exit: string };

/** A process that does not outlive this one, however this one ends. */
export interface SupervisedProcess {
  readonly pid: number;
  /** Resolves to how it ended, once nothing of it is left. */
  readonly ended: Promise<string>;
  /** The end of what it wrote, without the stacks of a panic. */
  lastLines(): string;
  /** Asks it to end, makes it end after 5 s, and waits until it has. */
  stop(): Promise<void>;
}

/** Starts a command. Throws where it cannot be started. */
export async function spawnSupervised(command: string, args: readonly string[]): Promise<SupervisedProcess> {
  const supervisor = spawn(process.execPath, ['-e', SUPERVISOR, command, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    // Out of the terminal's foreground group: Ctrl-C reaches us alone, and we end it when our worker has drained.
    detached: true,
    windowsHide: true,
  });
  const lines = keepLastLines(supervisor.stderr as Readable);
  const killNow = () => killGroup(supervisor);
  process.once('exit', killNow);

  let how: string | undefined;
  supervisor.on('message', (message: SupervisorMessage) => {
    if ('exit' in message) how = message.exit;
  });
  const ended = closed(supervisor).then((fallback) => {
    process.off('exit', killNow);
    // Where the supervisor was killed, the process it started may still be there.
    killNow();
    return how ?? fallback;
  });

  const pid = await started(supervisor, ended);
  return {
    pid,
    ended,
    lastLines: () => lines.join('\n'),
    async stop() {
      // Not by disconnecting: a child whose channel was closed from this side never emits 'close'.
      if (supervisor.connected) supervisor.send('stop', () => {});
      const killing = setTimeout(killNow, GRACE_MS + 2_000);
      await ended;
      clearTimeout(killing);
    },
  };
}

function keepLastLines(stream: Readable): string[] {
  const lines: string[] = [];
  let panicked = false;
  createInterface({ input: stream }).on('line', (line) => {
    panicked ||= GO_STACKS.test(line);
    if (panicked) return;
    lines.push(line);
    if (lines.length > KEPT_LINES) lines.shift();
  });
  return lines;
}

/** 'close' and not 'exit': its pipe is shared by the process below it, so that both are gone and all is read. */
function closed(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ? `ended by ${signal}` : `exit ${code}`));
  });
}

function started(supervisor: ChildProcess, ended: Promise<string>): Promise<number> {
  return new Promise((resolve, reject) => {
    supervisor.on('message', (message: SupervisorMessage) => {
      if ('pid' in message) resolve(message.pid);
      if ('error' in message) reject(new Error(message.error));
    });
    ended.then((how) => reject(new Error(`it ended before it started: ${how}`)));
  });
}
