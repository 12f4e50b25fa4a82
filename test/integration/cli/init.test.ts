import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { expect, inject, it, onTestFinished } from 'vitest';
import { until } from '../harness.js';
import { MAIN, runCli } from './cli-process.js';

it('writes what runs, by the two commands that it prints', async () => {
  const cwd = await mkdtemp(join(tmpdir(), 'jobrelay-init-'));
  onTestFinished(() => rm(cwd, { recursive: true, force: true }));
  // As `npm link` puts it on the PATH.
  await mkdir(join(cwd, 'bin'));
  await symlink(MAIN, join(cwd, 'bin/jobrelay'));
  const written = await runCli(['init', 'project', '--json'], { cwd });
  const { dir, commands } = JSON.parse(written.stdout) as { dir: string; commands: [string, string] };
  const [dev, run] = commands;

  const env = {
    ...process.env,
    PATH: [join(cwd, 'bin'), process.env.PATH].join(delimiter),
    TEMPORAL_CLI_PATH: inject('temporalCli'),
  };
  const inShell = (command: string, more: Readonly<Record<string, string>> = {}) => {
    const child = spawn('sh', ['-c', `exec ${command}`], { cwd: dir, env: { ...env, ...more } });
    const exited = once(child, 'close');
    const said = { out: '', err: '' };
    child.stdout.on('data', (chunk) => {
      said.out += chunk;
    });
    child.stderr.on('data', (chunk) => {
      said.err += chunk;
    });
    return { child, exited, said };
  };

  const stack = inShell(`${dev} --json --temporal-port 0 --ui-port 0 --emulator-port 0`);
  onTestFinished(async () => {
    stack.child.kill('SIGTERM');
    await stack.exited;
  });
  await until(`the stack is ready, not only ${stack.said.err}`, () => stack.said.out.endsWith('\n'));
  const { temporal } = JSON.parse(stack.said.out) as { temporal: string };

  const pipeline = inShell(run, { TEMPORAL_ADDRESS: temporal });
  const [exitCode] = await pipeline.exited;
  expect(pipeline.said.out).toBe('"DURABLE JOBS"\n');
  expect(pipeline.said.err).toContain('shouted: completed, 2 of 2\n');
  expect(exitCode).toBe(0);
});
