import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig, parseDuration } from '../../../config/index.js';
import { SHUTDOWN } from '../../../worker/await-worker.js';
import { jobrelay } from '../cli/run-in-process.js';
import { composeFile, PINNED, ROOT, type Service, text } from './files.js';

const run = promisify(execFile);
const { services, configs } = await composeFile();

function service(name: string): Service {
  const found = services[name];
  if (found === undefined) throw new Error(`no service ${name} in docker-compose.yml`);
  return found;
}

describe('docker-compose.yml', () => {
  it("meets the Compose Specification's own schema", async () => {
    // That of compose-go 2.16, which Docker Compose loads files with.
    const schema = JSON.parse(await text('test/fixtures/compose-spec/compose-spec.json'));
    const check = new Ajv2020({ strict: false, allErrors: true, validateFormats: false }).compile(schema);
    const file = await composeFile();
    check(file);
    expect(check.errors ?? []).toEqual([]);
    // It would not let a slip through.
    expect(check({ services: { ...file.services, worker: { ...file.services.worker, prots: [] } } })).toBe(false);
  });

  it('pins every image, and the schema tools to the version of the server', () => {
    const images = Object.values(services).flatMap(({ image }) => image ?? []);
    for (const image of images) expect(image).toMatch(PINNED);
    const versionOf = (name: string) => service(name).image?.split(':')[1];
    expect([versionOf('schema'), versionOf('namespace')]).toEqual([versionOf('temporal'), versionOf('temporal')]);
    expect(Object.keys(services).filter((name) => service(name).image === undefined)).toEqual(['worker', 'emulator']);
  });

  it('is reachable from this machine alone', () => {
    const ports = Object.values(services).flatMap((each) => each.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    expect(service('postgresql').ports).toBeUndefined();
  });

  it('starts each part when what it needs is there', () => {
    const order = Object.fromEntries(
      Object.entries(services).map(([name, { depends_on = {} }]) => [
        name,
        Object.entries(depends_on).map(([needed, { condition }]) => `${needed} ${condition}`),
      ]),
    );
    expect(order).toEqual({
      postgresql: [],
      schema: ['postgresql service_healthy'],
      temporal: ['schema service_completed_successfully'],
      namespace: ['temporal service_healthy'],
      ui: ['temporal service_healthy'],
      worker: ['namespace service_completed_successfully'],
      emulator: [],
    });
    for (const needed of ['postgresql', 'temporal']) expect(service(needed)).toHaveProperty('healthcheck.test');
  });

  it('takes the password of the database from one variable', () => {
    const passwords = Object.values(services).flatMap(({ environment = {} }) =>
      Object.entries(environment).flatMap(([name, value]) => (/PASSWORD|PWD/.test(name) ? [value] : [])),
    );
    expect(passwords).toHaveLength(3);
    expect(new Set(passwords)).toEqual(new Set([`\${JOBRELAY_POSTGRES_PASSWORD:-temporal}`]));
  });

  it('holds no key: the worker gets those of the shell and of a file that git does not see', async () => {
    expect(service('worker').environment).toMatchObject({ RUNPOD_API_KEY: null });
    expect(service('worker')).toHaveProperty('env_file', [{ path: 'worker.env', required: false }]);
    expect((await text('.gitignore')).split('\n')).toEqual(expect.arrayContaining(['.env', 'worker.env']));
  });

  it.each(['worker', 'emulator'])('runs the %s without privileges', (name) => {
    expect(service(name)).toMatchObject({
      build: '.',
      init: true,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it('gives the worker longer to stop than it takes by itself', () => {
    expect(parseDuration(SHUTDOWN.shutdownForceTime)).toBeLessThan(parseDuration('1m'));
    expect(service('worker')).toHaveProperty('stop_grace_period', '1m');
  });

  it('keeps the emulator out unless it is asked for', () => {
    const optional = Object.entries(services).filter(([, each]) => 'profiles' in each);
    expect(optional.map(([name]) => name)).toEqual(['emulator']);
  });

  it('calls the emulator by options that it has', async () => {
    const command = service('emulator').command ?? [];
    const { stdout } = await jobrelay([command[0] ?? '', '--help']);
    for (const option of command.filter((part) => part.startsWith('--'))) expect(stdout).toContain(`${option} `);
  });

  it('gives the server settings that parse', () => {
    expect(parse(configs['dynamic-config']?.content ?? '')).toEqual({
      'history.transferProcessorMaxPollRPS': [{ value: 200 }],
      'history.timerProcessorMaxPollRPS': [{ value: 200 }],
    });
  });

  it('gives the worker a configuration that loads', async () => {
    const { providers } = await loadConfig({ file: `${ROOT}/deploy/jobrelay.yaml`, env: {} });
    expect(Object.keys(providers)).toEqual(['local', 'runpod']);
  });

  it('takes variables that the guide explains', async () => {
    const guide = await text('docs/cluster.md');
    const variables = new Set((await text('docker-compose.yml')).match(/(?<=\$\{)JOBRELAY_\w+/g));
    for (const variable of variables) expect(guide).toContain(`\`${variable}\``);
  });

  it('passes the check of Docker Compose, where there is one', async () => {
    const { status, stderr } = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' });
    if (status !== 0) {
      console.info(`docker compose config was not run: ${stderr?.split('\n')[0] || 'no docker on the PATH'}`);
      return;
    }
    await run('docker', ['compose', '--profile', '*', 'config', '--quiet'], { cwd: ROOT });
  });
});

describe('the scripts in docker-compose.yml', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'jobrelay-compose-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function writeProgram(name: string, script: string): Promise<void> {
    await writeFile(join(folder, name), script);
    await chmod(join(folder, name), 0o755);
  }

  /** Runs a service's script in a shell, with programs that write down how they were called. */
  async function calls(name: string, program: string, failing = 'nothing'): Promise<readonly string[]> {
    const log = join(folder, `${name}.log`);
    await writeFile(log, '');
    const stub = `#!/bin/sh\necho "$*" >> '${log}'\ncase "$*" in *${failing}*) exit 1;; esac\n`;
    await writeProgram(program, stub);
    await writeProgram('sleep', '#!/bin/sh\n');
    const { command = [], entrypoint, environment = {} } = service(name) as Service & { entrypoint: string[] };
    const [shell = '', ...options] = entrypoint;
    // As Compose does: `$$` is a dollar sign, and a variable has its default.
    const values = Object.entries(environment).map(([key, value]) => [key, value?.replace(/^\$\{\w+:-(.*)\}$/, '$1')]);
    await run(shell, [...options, (command[0] ?? '').replaceAll('$$', '$')], {
      env: { ...Object.fromEntries(values), PATH: `${folder}${delimiter}${process.env.PATH}` },
    });
    return (await readFile(log, 'utf8')).trimEnd().split('\n');
  }

  it('set up both databases, from nothing or from an older version', async () => {
    const schema = '/etc/temporal/schema/postgresql/v12';
    expect(await calls('schema', 'temporal-sql-tool')).toEqual([
      '--db temporal create',
      '--db temporal setup-schema -v 0.0',
      `--db temporal update-schema -d ${schema}/temporal/versioned`,
      '--db temporal_visibility create',
      '--db temporal_visibility setup-schema -v 0.0',
      `--db temporal_visibility update-schema -d ${schema}/visibility/versioned`,
    ]);
  });

  it('stop at the first step that fails', async () => {
    await expect(calls('schema', 'temporal-sql-tool', 'setup-schema')).rejects.toThrow('Command failed');
  });

  it('create a namespace that is not there', async () => {
    expect(await calls('namespace', 'temporal', 'describe')).toEqual([
      'operator cluster health',
      'operator namespace describe --namespace default',
      'operator namespace create --namespace default --retention 7d',
    ]);
  });

  it('give up on a namespace that cannot be made', async () => {
    await expect(calls('namespace', 'temporal', 'namespace')).rejects.toThrow('Command failed');
    const log = await readFile(join(folder, 'namespace.log'), 'utf8');
    expect(log.match(/namespace create/g)).toHaveLength(60);
  });

  it('set the retention of a namespace that is there', async () => {
    expect((await calls('namespace', 'temporal')).at(-1)).toBe(
      'operator namespace update --namespace default --retention 7d',
    );
  });
});
