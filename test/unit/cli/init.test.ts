import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { jobrelay } from './run-in-process.js';

const FILES = ['handlers.mjs', 'jobrelay.yaml', 'shout.yaml'];

let cwd: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-init-'));
});
afterEach(() => rm(cwd, { recursive: true }));

it('writes into a folder that it makes, and says how to go on from here', async () => {
  const { exitCode, stdout } = await jobrelay(['init', 'my project/a'], { cwd });
  expect(exitCode).toBe(0);
  expect((await readdir(join(cwd, 'my project/a'))).sort()).toEqual(FILES);
  expect(stdout).toBe(
    [
      'Wrote jobrelay.yaml, handlers.mjs, shout.yaml. Run it, in two terminals:',
      "  cd 'my project/a'",
      '  jobrelay dev --handlers handlers.mjs',
      "  cd 'my project/a'",
      `  jobrelay run shout.yaml --input '{"words": ["durable", "jobs"]}'`,
      '',
    ].join('\n'),
  );
});

it('needs no way to the folder that it is called in', async () => {
  const { stdout } = await jobrelay(['init'], { cwd });
  expect(stdout).not.toContain('cd ');
  expect((await readdir(cwd)).sort()).toEqual(FILES);
});

it('tells programs the folder, the files and the commands', async () => {
  const { stdout } = await jobrelay(['init', 'a', '--json'], { cwd });
  expect(JSON.parse(stdout)).toEqual({
    dir: join(cwd, 'a'),
    files: ['jobrelay.yaml', 'handlers.mjs', 'shout.yaml'],
    commands: [expect.stringMatching(/^jobrelay dev /), expect.stringMatching(/^jobrelay run /)],
  });
});

it('writes nothing where a file of it is there already, and names all of them', async () => {
  await writeFile(join(cwd, 'jobrelay.yaml'), 'mine');
  await writeFile(join(cwd, 'shout.yaml'), 'mine');
  const { exitCode, stderr } = await jobrelay(['init'], { cwd });
  expect(stderr).toBe(
    'error: jobrelay.yaml, shout.yaml are in . already, and nothing was written: choose another folder, or overwrite them with --force\n',
  );
  expect(exitCode).toBe(2);
  expect((await readdir(cwd)).sort()).toEqual(['jobrelay.yaml', 'shout.yaml']);
  expect(await readFile(join(cwd, 'jobrelay.yaml'), 'utf8')).toBe('mine');
});

it('overwrites them with --force', async () => {
  await writeFile(join(cwd, 'jobrelay.yaml'), 'mine');
  expect((await jobrelay(['init', '--force'], { cwd })).exitCode).toBe(0);
  expect(await readFile(join(cwd, 'jobrelay.yaml'), 'utf8')).toContain('version: 1');
});

it('says where it cannot write', async () => {
  await writeFile(join(cwd, 'file'), '');
  const { exitCode, stderr } = await jobrelay(['init', 'file/in'], { cwd });
  expect(stderr).toMatch(/^error: .*file\/in can't be written: ENOTDIR\n$/);
  expect(exitCode).toBe(2);
});

it.runIf(process.platform === 'linux')('names a place where nothing can be made', async () => {
  const { exitCode, stderr } = await jobrelay(['init', '/proc/no/where'], { cwd });
  expect(stderr).toBe("error: /proc/no can't be written: ENOENT\n");
  expect(exitCode).toBe(2);
});

it('writes a pipeline that the check finds nothing wrong with', async () => {
  await jobrelay(['init'], { cwd });
  const args = ['plan', join(cwd, 'shout.yaml'), '--input', '{"words": ["durable"]}', '--json'];
  const { exitCode, stdout } = await jobrelay(args, { cwd });
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, problems: [], warnings: [] });
  expect(exitCode).toBe(0);
});
