import { type ChildProcess, spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { setPriority } from 'node:os';
import { type ProgramOptions, type ProgramReply, type ProgramRequest, programText } from './expression-program.js';

/** How an evaluation ended that brought no answer. */
export type ProcessEnd =
  /** V8 gave up: the heap is full, or one value is too large for it. */
  | { readonly kind: 'out-of-memory' }
  /** The program's own limit did not hold, and it was killed. */
  | { readonly kind: 'stuck' }
  /** Killed from outside, or it could not be started. */
  | { readonly kind: 'lost'; readonly reason: string };

export type ProcessAnswer = Extract<ProgramReply, { kind: 'done' }> | ProcessEnd;

/** One process that evaluates one request after another. */
export interface ExpressionProcess {
  /** Never rejects. After an answer that is not `done` the process has ended. */
  run(request: ProgramRequest): Promise<ProcessAnswer>;
  close(): Promise<void>;
}

export interface ProcessOptions extends Omit<ProgramOptions, 'jsonataFile'> {
  readonly maxMemoryMb: number;
}

/**
 * What the program may need beyond its own limit: to be sent up to 32 MiB, to notice it, and to make a new context, on a
 * machine where it hardly gets a processor.
 */
const GRACE_MS = 4_000;
/** How V8 and the allocator end a process that has no memory left; Windows has exit codes instead. */
const OUT_OF_MEMORY: ReadonlySet<unknown> = new Set(['SIGABRT', 'SIGTRAP', 'SIGILL', 134, 133, 0x80000003]);

/**
 * Where processors are scarce, half of what the worker gets, on which all runs wait; an expression holds up its own run alone.
 * (A step of this is a factor of 1.25, on Linux.) Lower, it would get so little beside many busy processes that its time is over before it has run.
 */
const PRIORITY = 3;

/**
 * Megabytes that the young generation of its heap keeps. JSONata makes a promise for each node, and V8 gives the room for that back
 * while the process is idle: the next large list then took half as long again (13 ms and 20, over 1,000 items).
 */
const YOUNG_MB = 8;

const jsonataFile = createRequire(import.meta.url).resolve('jsonata');

/**
 * Starts the process; it ends with this one, however this one ends. It sees nothing of our environment, and keeps
 * neither this process alive nor, once idle, its event loop busy.
 */
export function startExpressionProcess({ maxMemoryMb, ...options }: ProcessOptions): ExpressionProcess {
  const child = spawn(
    process.execPath,
    [
      `--max-old-space-size=${maxMemoryMb}`,
      `--min-semi-space-size=${YOUNG_MB}`,
      '-e',
      programText({ ...options, jsonataFile }),
    ],
    { env: {}, stdio: ['ignore', 'ignore', 'ignore', 'ipc'], serialization: 'advanced', windowsHide: true },
  );
  lowerPriority(child);
  const { promise: ended, resolve: end } = settleable<ProcessEnd>();
  child.once('error', ({ message }) => end({ kind: 'lost', reason: message }));
  child.once('exit', (code, signal) =>
    end(
      OUT_OF_MEMORY.has(signal ?? code)
        ? { kind: 'out-of-memory' }
        : { kind: 'lost', reason: `it ended by ${signal ?? `exit code ${code}`}` },
    ),
  );
  const ready = nextReply(child);

  return {
    async run(request) {
      hold(child);
      let stuck: NodeJS.Timeout | undefined;
      const answer = ready.then(() => {
        stuck = setTimeout(
          () => {
            end({ kind: 'stuck' });
            child.kill('SIGKILL');
          },
          request.budgetMs * request.slack + GRACE_MS,
        );
        const reply = nextReply(child);
        child.send(request, (error) => {
          if (error) end({ kind: 'lost', reason: error.message });
        });
        return reply;
      });
      try {
        const reply = await Promise.race([answer, ended]);
        return reply.kind === 'ready' ? { kind: 'lost', reason: 'it started anew' } : reply;
      } finally {
        clearTimeout(stuck);
        release(child);
      }
    },
    async close() {
      end({ kind: 'lost', reason: 'it was closed' });
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      const exited = new Promise((resolve) => child.once('exit', resolve));
      // Or the event loop may have nothing left to wait for, and a command would end before it is done.
      child.ref();
      child.kill('SIGKILL');
      await exited;
    },
  };
}

function nextReply(child: ChildProcess): Promise<ProgramReply> {
  return new Promise((resolve) => child.once('message', (reply) => resolve(reply as ProgramReply)));
}

function hold(child: ChildProcess): void {
  child.ref();
  child.channel?.ref();
}

function release(child: ChildProcess): void {
  child.unref();
  child.channel?.unref();
}

function settleable<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}

function lowerPriority({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, PRIORITY);
  } catch {
    // It ended meanwhile, which is told elsewhere; or the system does not allow it, and all is well without.
  }
}
