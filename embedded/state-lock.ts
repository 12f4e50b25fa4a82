import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { makeFolder } from '../artifacts/index.js';

/** Another process has the state folder. */
export class StateInUse extends Error {
  override readonly name = 'StateInUse';
  readonly pid: number;

  constructor(stateDir: string, pid: number, lockFile: string) {
    super(
      `The state folder ${stateDir} is in use by process ${pid}: stop that one, or choose another folder with --state. ` +
        `If process ${pid} is something else, remove ${lockFile}.`,
    );
    this.pid = pid;
  }
}

/** Locks of this process, to tell them from one left by a dead process that had the same pid, as pid 1 of a container has. */
const held = new Set<string>();

/**
 * Makes this process the only one to use a state folder, until the returned function is called or the process is gone. Makes the
 * folder where it is missing.
 *
 * @throws {StateInUse}
 */
export async function lockState(stateDir: string): Promise<() => Promise<void>> {
  await makeFolder(stateDir);
  const lockFile = resolve(stateDir, 'lock');
  const mine = `${lockFile}.${process.pid}`;
  await writeFile(mine, String(process.pid));
  try {
    // Linked rather than created and filled: whoever reads the lock finds a pid in it.
    while (!(await linked(mine, lockFile))) {
      const holder = await holderOf(lockFile);
      if (holder === undefined) continue;
      if (holder === process.pid ? held.has(lockFile) : await isAlive(holder))
        throw new StateInUse(stateDir, holder, lockFile);
      await discard(lockFile, holder, mine);
    }
  } finally {
    await rm(mine, { force: true });
  }
  held.add(lockFile);
  return async () => {
    await rm(lockFile, { force: true });
    held.delete(lockFile);
  };
}

async function linked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

/** 0 where the lock holds no pid; undefined where it was given back meanwhile. */
async function holderOf(lockFile: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(lockFile, 'utf8'), 10) || 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Takes a dead process's lock away. Moved first and looked at then: another start may have replaced it since it was read. */
async function discard(lockFile: string, dead: number, mine: string): Promise<void> {
  const aside = `${mine}.aside`;
  try {
    await rename(lockFile, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if ((await holderOf(aside)) !== dead) await linked(aside, lockFile);
  await rm(aside, { force: true });
}

async function isAlive(pid: number): Promise<boolean> {
  if (pid <= 0) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another user's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  return !(await isZombie(pid));
}

/** Killed, and not yet waited for by its parent: in a container whose process 1 waits for nobody it stays so for good. */
async function isZombie(pid: number): Promise<boolean> {
  // Only Linux has the file. The state stands after the name, which may hold anything (proc_pid_stat(5)).
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return /^ [ZX] /.test(stat.slice(stat.lastIndexOf(')') + 1));
}
