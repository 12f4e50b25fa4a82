import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
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
});
