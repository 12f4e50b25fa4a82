import { mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeFolder } from '../../../artifacts/make-folder.js';

let root: string;
beforeEach(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'make-folder-'));
});
afterEach(() => rm(root, { recursive: true }));

describe('a folder', () => {
  it('is made with those around it, and tells the outermost', async () => {
    const folder = path.join(root, 'a/b/c');
    expect(await makeFolder(folder)).toBe(path.join(root, 'a'));
    expect((await stat(folder)).isDirectory()).toBe(true);
    expect(await makeFolder(path.join(folder, 'd'))).toBe(path.join(folder, 'd'));
  });

  it('may be there, also by a link', async () => {
    expect(await makeFolder(root)).toBeUndefined();
    expect(await makeFolder('/')).toBeUndefined();
    await symlink(root, path.join(root, 'link'));
    expect(await makeFolder(path.join(root, 'link'))).toBeUndefined();
  });

  it('may be made by many at once', async () => {
    const made = await Promise.all(Array.from({ length: 20 }, () => makeFolder(path.join(root, 'a/b/c'))));
    expect(made).toContain(path.join(root, 'a'));
  });

  it('is refused in and in the place of a file', async () => {
    await writeFile(path.join(root, 'file'), '');
    await expect(makeFolder(path.join(root, 'file'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(path.join(root, 'file/in/it'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  });

  it('is refused in the place of a link that leads nowhere', async () => {
    await symlink(path.join(root, 'nowhere'), path.join(root, 'link'));
    await expect(makeFolder(path.join(root, 'link'))).rejects.toMatchObject({ code: 'EEXIST' });
    await expect(makeFolder(path.join(root, 'link/in'))).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it.runIf(process.platform === 'linux')('is refused where the folder around it is there and takes none', async () => {
    await expect(makeFolder('/proc/no/where')).rejects.toMatchObject({ code: 'ENOENT', path: '/proc/no' });
  });
});
