import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, inject, it } from 'vitest';
import { freePort } from '../../fixtures/free-port.js';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { runCli, startCli } from './cli-process.js';

let cwd: string;
/** An address where nothing listens. */
let nowhere: string;
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-embedded-'));
  nowhere = `127.0.0.1:${await freePort()}`;
});
afterEach(() => rm(cwd, { recursive: true, force: true }));

/** Variables of another server, which the one started here does not understand. */
const surroundings = () => ({
  cwd,
  env: {
    TEMPORAL_CLI_PATH: inject('temporalCli'),
    TEMPORAL_ADDRESS: nowhere,
    TEMPORAL_NAMESPACE: 'elsewhere',
    TEMPORAL_API_KEY: 'key',
  },
});

it('--embedded runs a job where no Temporal answers, and leaves nothing but its state', async () => {
  const args = ['job', 'local/echo', '--input', '{"prompt": "a red boat"}', '--key', 'k1', '--task-queue', 'mine'];
  const first = await runCli([...args, '--embedded', '--json'], surroundings());
  const document = JSON.parse(first.stdout) as { runId: string };
  expect(document).toMatchObject({ status: 'completed', result: { output: { prompt: 'a red boat' } } });
  expect(first.exitCode).toBe(0);
  expect(existsSync(join(cwd, '.jobrelay/temporal.db'))).toBe(true);
  expect(existsSync(join(cwd, '.jobrelay/lock'))).toBe(false);

  const again = await runCli([...args, '--embedded', '--json'], surroundings());
  expect(JSON.parse(again.stdout)).toMatchObject({ runId: document.runId });
});

it('a person at a terminal is asked, and a yes starts it', async () => {
  const { TEMPORAL_CLI_PATH } = surroundings().env;
  const args = ['job', 'local/echo', '--input', '{"n": 1}', '--address', nowhere];
  const { exitCode, stdout, stderr } = await jobrelay(args, {
    cwd,
    env: { TEMPORAL_CLI_PATH },
    person: true,
    stdin: 'y\n',
  });
  expect(stderr).toContain('[y/N] ');
  expect(JSON.parse(stdout)).toEqual({ n: 1 });
  expect(exitCode).toBe(0);
});

it('Ctrl-C settles the job before the stack ends', async () => {
  const args = ['job', 'local/sleep', '--input', '{"ms": 60000}', '--embedded', '--json'];
  const started = startCli(args, surroundings());
  await started.says(/"jobs":\{[^}]*"running":1|"status":"running"/);
  started.child.kill('SIGINT');
  expect(await started.exited).toBe(130);
  expect(JSON.parse(started.stdout())).toMatchObject({ status: 'cancelled', settlement: { jobs: [{}] } });
  expect(started.stderr()).toContain('stands still until the stack starts again in .jobrelay');
  expect(existsSync(join(cwd, '.jobrelay/lock'))).toBe(false);
});

it('Ctrl-C while the stack starts gives it up', async () => {
  const started = startCli(['job', 'local/echo', '--input', '{"n": 1}', '--embedded'], surroundings());
  await started.says(/Starting Temporal/);
  started.child.kill('SIGINT');
  expect(await started.exited).toBe(130);
  expect(started.stdout()).toBe('');
  expect(existsSync(join(cwd, '.jobrelay/lock'))).toBe(false);
});
