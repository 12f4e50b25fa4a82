import { execFile } from 'node:child_process';

export type CommandOutcome =
  | { readonly kind: 'exited'; readonly code: number; readonly stdout: string; readonly stderr: string }
  /** There is no such command on the PATH of `env`. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'timed-out' };

export interface CommandOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}

/** Runs a command to its end, without a shell. Throws only the signal's reason, or where the system cannot start it. */
export function runCommand(
  file: string,
  args: readonly string[],
  { env, timeoutMs, signal }: CommandOptions,
): Promise<CommandOutcome> {
  return new Promise((resolve, reject) => {
    const options = {
      env,
      timeout: timeoutMs,
      killSignal: 'SIGKILL',
      windowsHide: true,
      ...(signal && { signal }),
    } as const;
    execFile(file, args, options, (error, stdout, stderr) => {
      if (signal?.aborted) return reject(signal.reason);
      if (!error) return resolve({ kind: 'exited', code: 0, stdout, stderr });
      if (error.killed) return resolve({ kind: 'timed-out' });
      if (typeof error.code === 'number') return resolve({ kind: 'exited', code: error.code, stdout, stderr });
      if (String(error.code) === 'ENOENT') return resolve({ kind: 'absent' });
      reject(error);
    });
  });
}

/** The last line that says anything, since commands end with what went wrong, cut to what fits a line of a message. */
export function lastLine(text: string, maxLength = 240): string {
  const lines = text.split(/\r?\n/).filter((line) => line.trim() !== '');
  const last = lines.at(-1)?.trim() ?? '';
  return last.length > maxLength ? `... ${last.slice(-maxLength)}` : last;
}
