import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePort } from '../../fixtures/free-port.js';
import { jobrelay } from './run-in-process.js';

const COMMANDS = [
  'init',
  'dev',
  'worker',
  'emulator',
  'job',
  'run',
  'plan',
  'pipeline',
  'list',
  'status',
  'result',
  'cancel',
  'approve',
  'artifact',
  'schedule',
  'doctor',
  'completion',
];

const PIPELINE = `version: 1
steps:
  draw:
    endpoint: local/echo
    input: { title: "{% $input.title %}" }
`;

let cwd: string;
/** An address where nothing listens. */
let nowhere: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-cli-'));
  await writeFile(join(cwd, 'good.yaml'), PIPELINE);
  await writeFile(join(cwd, 'tabs.yaml'), 'version: 1\nsteps:\n\tdraw: {}\n');
  await writeFile(join(cwd, 'endpoint.yaml'), PIPELINE.replace('local/echo', 'sdxl'));
  await writeFile(join(cwd, 'step.yaml'), PIPELINE.replace('$input.title', '$steps.drawn.output'));
  await writeFile(join(cwd, 'bad-config.yaml'), 'version: 1\nprovidres: {}\n');
  await writeFile(join(cwd, 'no-endpoints.mjs'), 'export const handlers = {};\n');
  await writeFile(join(cwd, 'mistyped.mjs'), 'export const endpoints = { draw: { handle: () => ({}) } };\n');
  nowhere = `127.0.0.1:${await freePort()}`;
});
afterAll(() => rm(cwd, { recursive: true }));

describe('help', () => {
  it('lists every command and every exit code', async () => {
    const { exitCode, stdout } = await jobrelay(['--help']);
    expect(exitCode).toBe(0);
    for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^ +${command} `, 'm'));
    expect(stdout).toMatch(/Exit codes:\n +0 {2}done\n/);
  });

  it.each(COMMANDS)('of %s says what it does, its options and an example', async (command) => {
    const { exitCode, stdout } = await jobrelay([command, '--help']);
    expect(exitCode).toBe(0);
    expect(stdout).toContain(`Usage: jobrelay ${command}`);
    expect(stdout).toContain('Example:');
    expect(stdout).toContain('--address <host:port>');
  });

  it('comes up where no command is given', async () => {
    const { exitCode, stderr } = await jobrelay([]);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('Usage: jobrelay');
  });

  it('names the version', async () => {
    expect((await jobrelay(['--version'])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('what is wrong is said at once, with the exit code 2', () => {
  // Paths of definitions are as the user gives them, relative to the process.
  const file = (name: string) => join(cwd, name);
  it.each<[string, () => string[], RegExp]>([
    ['an unknown command', () => ['jbo'], /unknown command 'jbo'\n\(Did you mean job\?\)/],
    [
      'an unknown option',
      () => ['job', 'x', '--input', '{}', '--modle', 'm'],
      /unknown option '--modle'\n\(Did you mean --model\?\)/,
    ],
    ['no input', () => ['job', 'local/echo'], /required option '--input <json>' not specified/],
    [
      'an input that is not JSON',
      () => ['job', 'local/echo', '--input', '{"a": }'],
      /^error: --input:1:7: not JSON: unexpected "}"/,
    ],
    [
      'an input that is a list',
      () => ['job', 'local/echo', '--input', '[]'],
      /--input is an array, and the input of a job is an object/,
    ],
    [
      'an input file that is not there',
      () => ['job', 'local/echo', '--input', '@no.json'],
      /--input @no.json: there is no such file/,
    ],
    [
      'a bad duration',
      () => ['job', 'x', '--input', '{}', '--timeout-run', '5x'],
      /"5x" is not a duration: write one like "90s"/,
    ],
    ['a status that there is not', () => ['list', '--status', 'done'], /Allowed choices are running, completed, /],
    ['a bad time', () => ['list', '--since', 'yesterday'], /give a duration like 2h, or a time with its zone/],
    ['a bad limit', () => ['list', '--limit', '0'], /give a number from 1 to 10000/],
    ['a watch that no terminal shows', () => ['list', '--watch'], /--watch draws on a terminal/],
    [
      'a run that would be left alone with a stack that ends',
      () => ['job', 'x', '--input', '{}', '--embedded', '--detach'],
      /'--embedded' cannot be used with option '--detach'/,
    ],
    ['a bad port', () => ['dev', '--ui-port', '99999'], /a port is a number from 0 \(any free one\) to 65535/],
    [
      'an origin without its scheme, which would let in the pages of all sites',
      () => ['codec-server', '--origin', 'localhost:8233'],
      /--origin localhost:8233 is no address of a page: write it as in http:/,
    ],
    ['a definition that is not there', () => ['run', file('no.yaml')], /no\.yaml is not there/],
    ['a definition with tabs', () => ['run', file('tabs.yaml')], /tabs\.yaml:3:1: a tab in the indentation/],
    [
      'an unknown endpoint',
      () => ['run', file('endpoint.yaml')],
      /endpoint\.yaml:4:5: .*endpoint "sdxl" is not in jobrelay\.yaml/,
    ],
    ['an unknown step', () => ['run', file('step.yaml')], /step\.yaml:5:14: .*unknown step "drawn"/],
    [
      'a configuration that is not there',
      () => ['worker', '--config', 'no.yaml'],
      /configuration file no\.yaml does not exist/,
    ],
    ['a bad configuration', () => ['worker', '--config', 'bad-config.yaml'], /bad-config\.yaml:2:1: .*providres/],
    [
      'handlers that are not there',
      () => ['emulator', '--handlers', 'no.mjs'],
      /--handlers no\.mjs: there is no such file/,
    ],
    ['handlers without endpoints', () => ['emulator', '--handlers', 'no-endpoints.mjs'], /it must export `endpoints`/],
    [
      'a mistyped field of an endpoint',
      () => ['emulator', '--handlers', 'mistyped.mjs'],
      /the endpoint "draw" has a field "handle", which is not known \(known: handler, workers, /,
    ],
  ])('%s', async (_name, args, message) => {
    const { exitCode, stdout, stderr } = await jobrelay(args(), { cwd });
    expect(stderr).toMatch(message);
    expect(stderr).not.toContain('    at ');
    expect(stdout).toBe('');
    expect(exitCode).toBe(2);
  });
});

describe('with --json', () => {
  it.each([
    [['jbo'], { code: 'UsageError', message: "unknown command 'jbo' (Did you mean job?)" }],
    [
      ['job', 'x', '--input', '{'],
      { code: 'InputError', message: '--input:1:2: not JSON: unexpected end of the text' },
    ],
    [['worker', '--config', 'no.yaml'], { code: 'ConfigError', message: 'configuration file no.yaml does not exist' }],
  ])('the error of %j is one document on the standard output', async (args, error) => {
    const { exitCode, stdout, stderr } = await jobrelay([...args, '--json'], { cwd });
    expect(JSON.parse(stdout)).toEqual({ error });
    expect(stdout.match(/\n/g)).toHaveLength(1);
    expect(stderr).toBe('');
    expect(exitCode).toBe(2);
  });
});

describe('where Temporal does not answer', () => {
  it.each<[string, () => string[]]>([
    ['job --detach', () => ['job', 'local/echo', '--input', '{"a": 1}', '--detach']],
    ['status', () => ['status', 'job:1']],
    ['list', () => ['list']],
    ['result', () => ['result', 'job:1']],
    ['cancel', () => ['cancel', 'job:1']],
    ['approve', () => ['approve', 'pipeline:1', 'review']],
    ['schedule', () => ['schedule', 'list']],
    ['worker', () => ['worker']],
  ])('%s says so, and what starts one, with the exit code 3', async (_command, args) => {
    const { exitCode, stderr } = await jobrelay([...args(), '--address', nowhere], { cwd });
    expect(stderr).toBe(
      `error: no Temporal server answers at ${nowhere}: start one with \`jobrelay dev\`, or set TEMPORAL_ADDRESS to where yours is\n`,
    );
    expect(exitCode).toBe(3);
  });

  it.each<[string, () => string[]]>([
    ['job', () => ['job', 'local/echo', '--input', '{"a": 1}']],
    ['run', () => ['run', join(cwd, 'good.yaml')]],
  ])('%s names --embedded too, and asks nobody where nobody is', async (_command, args) => {
    const { exitCode, stderr } = await jobrelay([...args(), '--address', nowhere], { cwd, stdin: 'y\n' });
    expect(stderr).toMatch(/^error: .*, or have one started for this run with --embedded\n$/);
    expect(exitCode).toBe(3);
  });

  it('job asks the person at a terminal, and takes no for an answer', async () => {
    const args = ['job', 'local/echo', '--input', '{"a": 1}', '--address', nowhere];
    const { exitCode, stderr } = await jobrelay(args, { cwd, person: true, stdin: '\n' });
    expect(stderr).toContain(
      `No Temporal server answers at ${nowhere}. Start one for this run, with its state in .jobrelay? [y/N] `,
    );
    expect(exitCode).toBe(3);
  });

  it('job asks no program', async () => {
    const args = ['job', 'local/echo', '--input', '{"a": 1}', '--address', nowhere, '--json'];
    const { exitCode, stdout, stderr } = await jobrelay(args, { cwd, person: true, stdin: 'y\n' });
    expect(JSON.parse(stdout)).toEqual({
      error: { code: 'TemporalUnreachable', message: expect.stringContaining('--embedded') },
    });
    expect(stderr).toBe('');
    expect(exitCode).toBe(3);
  });

  it('doctor lists it among its findings, with the exit code 1', async () => {
    const args = ['doctor', '--address', nowhere, '--json', '--state', join(cwd, 'state')];
    const { exitCode, stdout } = await jobrelay(args, { cwd, env: { JOBRELAY_EMULATOR_URL: `http://${nowhere}` } });
    const { ok, findings } = JSON.parse(stdout) as { ok: boolean; findings: { check: string; status: string }[] };
    const byCheck = Object.fromEntries(findings.map(({ check, status }) => [check, status]));
    expect(byCheck).toMatchObject({
      node: 'ok',
      configuration: 'ok',
      artifacts: 'ok',
      temporal: 'fail',
      'endpoint local/echo': 'warn',
    });
    expect(ok).toBe(false);
    expect(exitCode).toBe(1);
  });

  it('doctor names the keys that are missing, by their variables', async () => {
    const config = join(cwd, 'keys.yaml');
    await writeFile(
      config,
      `version: 1\nproviders:\n  gpu: { dialect: runpod, apiKey: "\${GPU_KEY}" }\nsecrets: [HF_TOKEN]\n`,
    );
    const args = ['doctor', '--address', nowhere, '--config', config];
    const { stdout } = await jobrelay(args, { cwd, env: { JOBRELAY_EMULATOR_URL: `http://${nowhere}` } });
    expect(stdout).toContain(
      'FAIL  key GPU_KEY: not set, and the provider gpu needs it\n      -> set GPU_KEY where the worker runs',
    );
    expect(stdout).toContain('warn  secret HF_TOKEN: not set');
  });
});
