import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { lockState } from '../../../embedded/state-lock.js';

let stateDir: string;
beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-lock-'));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

function pidOfTheDead(): number {
  return spawnSync(process.execPath, ['-e', '']).pid;
}

describe('the lock of a state folder', () => {
  test('makes the folder, and leaves it empty when it is given back', async () => {
    const inside = join(stateDir, 'deeper', 'state');
    const unlock = await lockState(inside);
    await unlock();
    expect(await readdir(inside)).toEqual([]);
  });

  test('refuses a second holder, naming the first and what to do', async () => {
    const unlock = await lockState(stateDir);
    await expect(lockState(stateDir)).rejects.toThrow(new RegExp(`in use by process ${process.pid}.*--state`));
    await unlock();
    await (await lockState(stateDir))();
  });

  test('refuses where another live process holds it', async () => {
    await writeFile(join(stateDir, 'lock'), String(process.ppid));
    await expect(lockState(stateDir)).rejects.toThrow(`in use by process ${process.ppid}`);
  });

  test.each([
    ['a dead process', () => String(pidOfTheDead())],
    ['an earlier process of the same pid', () => String(process.pid)],
    ['a write that was cut off', () => ''],
  ])('is taken over from %s', async (_name, content) => {
    await writeFile(join(stateDir, 'lock'), content());
    const unlock = await lockState(stateDir);
    expect(await readFile(join(stateDir, 'lock'), 'utf8')).toBe(String(process.pid));
    await unlock();
    expect(await readdir(stateDir)).toEqual([]);
  });

  test.skipIf(process.platform !== 'linux')(
    'is taken over from one that was killed and that nobody waits for',
    async () => {
      // The child of a shell that becomes a process which waits for no children, and ends after that.
      const parent = spawn('sh', ['-c', 'exec 3<&0; cat <&3 >/dev/null & echo $!; exec sleep 600']);
      try {
        const [pid] = (await once(parent.stdout, 'data')) as [Buffer];
        const isSaid = (of: number | undefined, what: string) =>
          vi.waitFor(async () => expect(await readFile(`/proc/${of}/stat`, 'utf8')).toContain(what), {
            timeout: 45_000,
          });
        await isSaid(parent.pid, '(sleep)');
        parent.stdin.end();
        await isSaid(Number(pid), ') Z ');
        await writeFile(join(stateDir, 'lock'), String(Number(pid)));
        await (await lockState(stateDir))();
      } finally {
        parent.kill('SIGKILL');
        await once(parent, 'exit');
      }
    },
  );
});
