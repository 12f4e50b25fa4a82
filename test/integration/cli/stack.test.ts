import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { jobrelay as inProcess } from '../../unit/cli/run-in-process.js';
import { until } from '../harness.js';
import { type CliProcess, runCli, startCli } from './cli-process.js';

const PIPELINE = `version: 1
name: letters
steps:
  sleep:
    forEach: "{% $input.letters %}"
    endpoint: local/sleep
    input: { ms: 20, letter: "{% $item %}" }
  picture:
    endpoint: local/picture
    input: { letters: "{% [$steps.sleep.output.letter] %}" }
output: { letters: "{% [$steps.sleep.output.letter] %}", image: "{% $steps.picture.output.image %}" }
`;

const HANDLERS = `
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a0000000d49484452', 'hex'), Buffer.alloc(2_000)]);
export const endpoints = { picture: { handler: () => ({ image: png.toString('base64') }) } };
`;

interface Ready {
  readonly ready: true;
  readonly temporal: string;
  readonly ui: string;
  readonly emulator: string;
}

let cwd: string;
let dev: CliProcess;
let ready: Ready;
let env: Record<string, string>;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-cli-'));
  await writeFile(join(cwd, 'letters.yaml'), PIPELINE);
  await writeFile(join(cwd, 'handlers.mjs'), HANDLERS);
  env = { TEMPORAL_CLI_PATH: inject('temporalCli') };
  const ports = ['--temporal-port', '0', '--ui-port', '0', '--emulator-port', '0'];
  dev = startCli(['dev', '--json', ...ports, '--handlers', 'handlers.mjs'], { cwd, env });
  await until(`the stack is ready, not only ${dev.stderr()}`, () => dev.stdout().endsWith('\n'));
  ready = JSON.parse(dev.stdout()) as Ready;
  env = { ...env, TEMPORAL_ADDRESS: ready.temporal, JOBRELAY_EMULATOR_URL: ready.emulator };
});
afterAll(async () => {
  if (dev.child.exitCode === null) dev.child.kill('SIGTERM');
  await dev.exited;
  await rm(cwd, { recursive: true, force: true });
});

const jobrelay = (...args: string[]) => runCli(args, { cwd, env });
/** Where what it says is tested, and not how it ends: a process takes a second to start. */
const called = (...args: string[]) => inProcess([...args, '--address', ready.temporal], { cwd, env });
const ledger = async () =>
  (await (await fetch(`${ready.emulator}/_emulator/jobs`)).json()) as { status: string; input: { tag?: string } }[];

describe('jobrelay dev', () => {
  it('says in one line of JSON where everything is', () => {
    expect(ready).toEqual({
      ready: true,
      temporal: expect.stringMatching(/^127\.0\.0\.1:\d+$/),
      ui: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      emulator: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
    });
    expect(dev.stdout()).toBe(`${JSON.stringify(ready)}\n`);
  });

  it('refuses a port that is in use, by its number and option, with the exit code 7', async () => {
    const port = new URL(ready.emulator).port;
    const { exitCode, stderr } = await jobrelay('dev', '--state', 'other', '--emulator-port', port);
    expect(stderr).toContain(port);
    expect(stderr).toContain('--emulator-port');
    expect(exitCode).toBe(7);
  });
});

describe('jobrelay job', () => {
  it('prints the output alone on the standard output', async () => {
    const { exitCode, stdout, stderr } = await jobrelay('job', 'local/echo', '--input', '{"prompt": "a red boat"}');
    expect(JSON.parse(stdout)).toEqual({ prompt: 'a red boat' });
    expect(stderr).toMatch(/^Run job:\S+\n(job: running\n)?job: completed\nCompleted job:\S+: 1 job, /);
    expect(exitCode).toBe(0);
  });

  it('prints one document with --json, and takes its input from the standard input', async () => {
    const { exitCode, stdout } = await runCli(['job', 'local/echo', '--input', '-', '--json'], {
      cwd,
      env,
      stdin: '{"n": 1}',
    });
    expect(JSON.parse(stdout)).toMatchObject({
      status: 'completed',
      result: { status: 'COMPLETED', output: { n: 1 } },
    });
    expect(exitCode).toBe(0);
  });

  it('ends with the exit code 1 where the job fails, and says why', async () => {
    const { exitCode, stdout, stderr } = await jobrelay('job', 'local/fail', '--input', '{"message": "no paint left"}');
    expect(stderr).toMatch(/\nerror: run job:\S+ failed with JobFailed: .*no paint left/);
    expect(stdout).toBe('');
    expect(exitCode).toBe(1);
  });

  it('settles its job at the first Ctrl-C and ends with the exit code 130', async () => {
    const started = startCli(['job', 'local/sleep', '--input', '{"ms": 60000, "tag": "ctrl-c"}', '--json'], {
      cwd,
      env,
    });
    await until('the job runs', async () =>
      (await ledger()).some(({ status, input }) => status === 'IN_PROGRESS' && input.tag === 'ctrl-c'),
    );
    started.child.kill('SIGINT');
    expect(await started.exited).toBe(130);
    expect(JSON.parse(started.stdout())).toMatchObject({
      status: 'cancelled',
      settlement: { jobs: [{ settled: 'stopped' }] },
    });
    expect(await ledger()).toContainEqual(
      expect.objectContaining({ status: 'CANCELLED', input: { ms: 60_000, tag: 'ctrl-c' } }),
    );
  });
});

describe('jobrelay run', () => {
  it('shows the steps, and writes the output and its files', async () => {
    const args = ['run', 'letters.yaml', '--input', '{"letters": ["a", "b"]}', '--out', 'results'];
    const { exitCode, stderr } = await jobrelay(...args);
    expect(stderr).toContain('sleep: completed, 2 of 2\n');
    expect(exitCode).toBe(0);
    expect((await readdir(join(cwd, 'results'))).sort()).toEqual(['image.png', 'output.json']);
    expect((await readFile(join(cwd, 'results/image.png'))).subarray(1, 4).toString()).toBe('PNG');
    expect(JSON.parse(await readFile(join(cwd, 'results/output.json'), 'utf8'))).toMatchObject({ letters: ['a', 'b'] });
  });
});

describe('a run that goes on alone', () => {
  it('is shown by status, ended by cancel, and not started anew by its key', async () => {
    const input = '{"ms": 60000, "tag": "detached"}';
    const started = await called('job', 'local/sleep', '--input', input, '--key', 'k1', '--detach');
    expect(started).toMatchObject({ exitCode: 0, stdout: 'job:k1\n' });

    const shown = await until('it awaits the job', async () => {
      const { stdout } = await called('status', 'job:k1');
      return stdout.includes('awaitJob') && stdout;
    });
    expect(shown).toMatch(/^job:k1: running\n/);
    expect(shown).toContain('\n  job: running\n');

    const cancelled = await called('cancel', 'job:k1');
    expect(cancelled).toMatchObject({ exitCode: 0, stdout: 'job:k1: cancelled; remote jobs: 1 stopped\n' });

    const again = await called('job', 'local/sleep', '--input', input, '--key', 'k1');
    expect(again.exitCode).toBe(5);
    const other = await called('job', 'local/sleep', '--input', '{"ms": 1}', '--key', 'k1', '--json');
    expect(JSON.parse(other.stdout)).toMatchObject({ error: { code: 'KeyConflict' } });
    expect(other.exitCode).toBe(6);
  });

  it('that there is not ends with the exit code 4', async () => {
    const { exitCode, stderr } = await called('status', 'job:nobody');
    expect(stderr).toMatch(/^error: there is no run "job:nobody" in the namespace "default"/);
    expect(exitCode).toBe(4);
  });
});

describe('jobrelay doctor', () => {
  it('finds nothing wrong', async () => {
    const { exitCode, stdout } = await called('doctor', '--json');
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { status: string }[] };
    expect(findings.filter(({ status }) => status !== 'ok')).toEqual([]);
    expect(ok).toBe(true);
    expect(exitCode).toBe(0);
  });
});

describe('a second worker', () => {
  it('says when it polls, and ends with the exit code 0 at SIGTERM', async () => {
    const worker = startCli(['worker', '--json', '--task-queue', 'other'], { cwd, env });
    await until('it is ready', () => worker.stdout().endsWith('\n'));
    expect(JSON.parse(worker.stdout())).toEqual({
      ready: true,
      temporal: ready.temporal,
      namespace: 'default',
      taskQueue: 'other',
    });
    worker.child.kill('SIGTERM');
    expect(await worker.exited).toBe(0);
  });
});

describe('jobrelay worker --check', () => {
  it('tells a health check whether a worker of this machine polls', async () => {
    const there = await called('worker', '--check', '--json');
    expect(JSON.parse(there.stdout)).toEqual({ polls: true, taskQueue: 'jobrelay', host: hostname() });
    expect(there.exitCode).toBe(0);

    const nowhere = await called('worker', '--check', '--task-queue', 'nobody');
    expect(nowhere.stdout).toBe(`No worker of ${hostname()} polls nobody\n`);
    expect(nowhere.exitCode).toBe(1);
  });
});

describe('Ctrl-C', () => {
  it('ends all of the stack with the exit code 0', async () => {
    dev.child.kill('SIGINT');
    expect(await dev.exited).toBe(0);
    for (const address of [ready.temporal, ready.ui, ready.emulator]) {
      expect(await answers(address)).toBe(false);
    }
    expect(existsSync(join(cwd, '.jobrelay/lock'))).toBe(false);
  });
});

function answers(address: string): Promise<boolean> {
  const [host = '', port] = address.replace('http://', '').split(':');
  return new Promise((resolve) => {
    const socket = connect({ host, port: Number(port) });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
