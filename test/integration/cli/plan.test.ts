import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from './cli-process.js';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-plan-'));
  await writeFile(
    join(cwd, 'sum.yaml'),
    'version: 1\nsteps: { sum: { set: "{% $sum($map($input.all, $number)) %}" } }\n',
  );
});
afterAll(() => rm(cwd, { recursive: true }));

it('jobrelay plan ends by itself once its expressions were evaluated, with all that it has to say', async () => {
  const args = ['plan', 'sum.yaml', '--dry-run', '--input', '{"all": ["1", "2"]}'];
  const { exitCode, stdout, stderr } = await runCli(args, { cwd });
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: '' });
  expect(stdout).toMatch(/\nsum: a value\n {2}3\n$/);
});
