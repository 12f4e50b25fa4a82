import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { until } from '../harness.js';

/** What the build makes, as users run it. */
export const MAIN = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url));

export interface CliProcess {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves to the exit code once both streams are closed. */
  readonly exited: Promise<number | null>;
  /** Waits for a text on the standard error. */
  says(pattern: RegExp): Promise<unknown>;
}

export interface CliProcessOptions {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
}

/** Starts `jobrelay` as a process. */
export function startCli(args: readonly string[], { cwd, env = {}, stdin = '' }: CliProcessOptions): CliProcess {
  const child = spawn(process.execPath, [MAIN, ...args], { cwd, env: { ...process.env, ...env } });
  let out = '';
  let err = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    err += chunk;
  });
  child.stdin.end(stdin);
  const exited = once(child, 'close').then(([code]) => code as number | null);
  return {
    child,
    stdout: () => out,
    stderr: () => err,
    exited,
    says: (pattern) => until(`it says ${pattern}, not only ${err}`, () => pattern.test(err)),
  };
}

/** Runs `jobrelay` to its end. */
export async function runCli(args: readonly string[], options: CliProcessOptions) {
  const { exited, stdout, stderr } = startCli(args, options);
  const exitCode = await exited;
  return { exitCode, stdout: stdout(), stderr: stderr() };
}
