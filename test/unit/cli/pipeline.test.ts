import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jobrelay } from './run-in-process.js';

const SHOUT = 'version: 1\nname: loud words\nsteps: { loud: { set: 1 }, louder: { set: 2 } }\n';

let cwd: string;
let folder: string;
beforeAll(async () => {
  cwd = await mkdtemp(path.join(tmpdir(), 'jobrelay-list-'));
  folder = path.join(cwd, 'pipelines');
  await mkdir(folder);
  await mkdir(path.join(cwd, 'empty'));
  await writeFile(path.join(folder, 'shout.yaml'), SHOUT);
  await writeFile(path.join(cwd, 'jobrelay.yaml'), 'version: 1\npipelines: ./pipelines\n');
  await writeFile(path.join(cwd, 'empty.yaml'), 'version: 1\npipelines: ./empty\n');
  await writeFile(path.join(cwd, 'gone.yaml'), 'version: 1\npipelines: ./gone\n');
  await writeFile(path.join(cwd, 'none.yaml'), 'version: 1\n');
});
afterAll(() => rm(cwd, { recursive: true }));

const list = (...args: readonly string[]) => jobrelay(['pipeline', 'list', ...args], { cwd });

describe('jobrelay pipeline list', () => {
  it('lists what can run', async () => {
    const { exitCode, stdout } = await list();
    expect(stdout.split('\n')).toEqual(['NAME   TITLE       STEPS  CHECK', 'shout  loud words  2      ok', '']);
    expect(exitCode).toBe(0);
  });

  it('says what is wrong with the others', async () => {
    const two = path.join(folder, 'two.yaml');
    const named = path.join(folder, 'has space.yaml');
    await writeFile(two, SHOUT.replace('set: 1', 'endpoint: a').replace('set: 2', 'stet: 2'));
    await writeFile(named, SHOUT);
    const { exitCode, stdout } = await list();
    expect(exitCode).toBe(2);
    expect(stdout).toMatch(/^two +loud words +\S+two\.yaml:3:10: steps\.loud\.input: is missing.* \(and 2 more\)$/m);
    expect(stdout).toContain('has space.yaml has no name that a run can give');

    const { pipelines } = JSON.parse((await list('--json')).stdout);
    expect(pipelines).toEqual([
      { name: 'has space', file: named, problems: [expect.any(String)] },
      {
        name: 'shout',
        file: path.join(folder, 'shout.yaml'),
        title: 'loud words',
        steps: ['loud', 'louder'],
        problems: [],
      },
      { name: 'two', file: two, title: 'loud words', problems: Array(3).fill(expect.stringContaining('two.yaml:3:')) },
    ]);
    await rm(two);
    await rm(named);
  });

  it.each([
    ['empty.yaml', 0, /^There is no definition in .*empty\.\n$/, /^$/],
    ['none.yaml', 2, /^$/, /no folder of pipelines is configured/],
    ['gone.yaml', 2, /^$/, /the folder of pipelines .*gone is not there/],
  ])('with %s ends with %i', async (file, code, out, err) => {
    const { exitCode, stdout, stderr } = await list('--config', path.join(cwd, file));
    expect(exitCode).toBe(code);
    expect(stdout).toMatch(out);
    expect(stderr).toMatch(err);
  });
});
