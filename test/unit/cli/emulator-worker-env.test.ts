import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { jobrelay } from './run-in-process.js';

const run = promisify(execFile);
const workerEnv = (...args: readonly string[]) => jobrelay(['emulator', 'worker-env', ...args]);

describe('jobrelay emulator worker-env', () => {
  it('prints lines that a shell evaluates to the variables of --json', async () => {
    const args = ['draw', '--worker', 'w1', '--key', "it's secret"];
    const { exitCode, stdout } = await workerEnv(...args);
    expect(exitCode).toBe(0);
    const expected = JSON.parse((await workerEnv(...args, '--json')).stdout);
    expect(expected).toMatchObject({
      RUNPOD_WEBHOOK_GET_JOB: 'http://127.0.0.1:8080/v2/draw/job-take/$ID?gpu=none',
      RUNPOD_WEBHOOK_PING: 'http://127.0.0.1:8080/v2/draw/ping/$RUNPOD_POD_ID?gpu=none',
      RUNPOD_ENDPOINT_ID: 'draw',
      RUNPOD_POD_ID: 'w1',
      RUNPOD_AI_API_KEY: "it's secret",
    });
    const evaluated = await run('sh', ['-c', 'eval "$LINES_TO_SET"; exec env'], {
      env: { PATH: process.env.PATH, LINES_TO_SET: stdout },
    });
    const lines = evaluated.stdout.split('\n');
    for (const [name, value] of Object.entries(expected)) expect(lines).toContain(`${name}=${value}`);
  });

  it('gives each worker an id of its own', async () => {
    const id = async () => JSON.parse((await workerEnv('draw', '--json')).stdout).RUNPOD_POD_ID;
    const first = await id();
    expect(first).toMatch(/^\w+$/);
    expect(await id()).not.toBe(first);
  });

  it.each([
    ['JOBRELAY_EMULATOR_URL', [], { JOBRELAY_EMULATOR_URL: 'http://127.0.0.1:9001' }, 'http://127.0.0.1:9001/v2/draw/'],
    ['--url', ['--url', 'http://127.0.0.1:9002/'], { JOBRELAY_EMULATOR_URL: 'x' }, 'http://127.0.0.1:9002/v2/draw/'],
  ])('takes the place of the emulator from %s', async (_where, options, env, expected) => {
    const { stdout } = await jobrelay(['emulator', 'worker-env', 'local/draw', '--json', ...options], { env });
    expect(JSON.parse(stdout).RUNPOD_WEBHOOK_GET_JOB).toContain(expected);
  });

  it.each([
    ['an endpoint of a provider', ['runpod/draw'], /"runpod\/draw" is no endpoint of the emulator: give its id/],
    ['a URL that is none', ['draw', '--url', 'localhost:8080'], /"localhost:8080" is no URL of an emulator/],
    ['no endpoint', [], /missing required argument 'endpoint'/],
  ])('refuses %s', async (_what, args, message) => {
    const { exitCode, stdout, stderr } = await workerEnv(...args);
    expect(exitCode).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toMatch(message);
  });

  it('says in its help what it is for, with an example', async () => {
    const { exitCode, stdout } = await workerEnv('--help');
    expect(exitCode).toBe(0);
    expect(stdout).toContain('Usage: jobrelay emulator worker-env');
    expect(stdout).toContain('eval "$(jobrelay emulator worker-env draw)"');
  });
});
