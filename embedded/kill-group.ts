import type { ChildProcess } from 'node:child_process';

/** Ends a child that was started detached, and all it started. Does nothing where they have ended. */
export function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    // Windows has no process groups: there the child alone is ended.
    if (process.platform === 'win32') child.kill('SIGKILL');
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // ESRCH: none is left.
  }
}
