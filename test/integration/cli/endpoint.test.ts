import { EventEmitter } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import { type CliSurroundings, jobrelay as runInProcess } from '../../unit/cli/run-in-process.js';
import { until } from '../harness.js';

let cwd: string;
let emulator: Emulator;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-endpoint-'));
  emulator = await startEmulator({
    endpoints: { slow: { handler: (input, { signal }) => sleep(60_000, input, { signal }) } },
  });
  await writeFile(
    join(cwd, 'jobrelay.yaml'),
    `version: 1
providers:
  local: { dialect: runpod, baseUrl: "${emulator.url}/v2", apiKey: "\${LOCAL_KEY}", limits: { share: 0.5, submit: { perWorker: 600 } } }
  sub: { dialect: submodel, baseUrl: "${emulator.url}/v1/sl", apiKey: "\${SUB_KEY}" }
  gate: { dialect: gateway, baseUrl: "${emulator.url}/v1/runpod", apiKey: "\${LOCAL_KEY}" }
  gone: { dialect: runpod, baseUrl: "http://127.0.0.1:9/v2" }
endpoints:
  painter: { use: [local/echo, local/nobody], price: { perSecond: 0.5 } }
  sleeper: { use: [local/slow] }
`,
  );
});
afterAll(async () => {
  await emulator.close();
  await rm(cwd, { recursive: true });
});
beforeEach(() => emulator.clearFaults());

const jobrelay = (line: string, surroundings: CliSurroundings = {}, ...more: string[]) =>
  runInProcess(['endpoint', ...line.split(' '), ...more], { cwd, env: { LOCAL_KEY: 'k' }, ...surroundings });

/** Submits as anybody could. */
async function submit(endpoint: string, input: object): Promise<string> {
  const init = { method: 'POST', headers: { authorization: 'k' }, body: JSON.stringify({ input }) };
  return ((await (await fetch(`${emulator.url}/v2/${endpoint}/run`, init)).json()) as { id: string }).id;
}
const statusOf = (jobId: string) => emulator.jobs().find(({ id }) => id === jobId)?.status;

describe('endpoint list', () => {
  it('shows what the configuration knows, and asks nobody', async () => {
    const { exitCode, stdout } = await jobrelay('list');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^painter +local\/echo, local\/nobody +\$0\.5 a second$/m);
    expect(stdout).toMatch(/^sub +submodel +SUB_KEY is not set +http/m);
    expect(stdout).toMatch(/gate\/SURFACE or gate\/SURFACE\/ID$/m);
    const listed = JSON.parse((await jobrelay('list --json')).stdout);
    expect(listed.endpoints[1]).toEqual({ endpoint: 'sleeper', use: ['local/slow'] });
    expect(listed.providers[0]).toMatchObject({ provider: 'local', key: { variable: 'LOCAL_KEY', set: true } });
  });
});

describe('endpoint health', () => {
  it('shows a row for each that an alias may use', async () => {
    const { exitCode, stdout } = await jobrelay('health painter');
    expect(exitCode).toBe(0);
    const [heads = '', first = '', second = ''] = stdout.split('\n');
    expect(heads.split(/ {2,}/)).toContain('IN QUEUE');
    expect(first).toMatch(/^local\/echo .* 3 /);
    expect(second).toMatch(/^local\/nobody /);
    const { endpoints } = JSON.parse((await jobrelay('health painter --json')).stdout);
    expect(endpoints[0]).toMatchObject({ endpoint: 'local/echo', workers: { idle: 3 }, jobs: { inQueue: 0 } });
  });

  it('has dashes for what a provider does not count', async () => {
    const { stdout } = await jobrelay('health sub/echo', { env: { SUB_KEY: 'k' } });
    expect(stdout).toMatch(/^sub\/echo .* - +- +- +-$/m);
  });

  it('says which has no worker that could start', async () => {
    emulator.setUnavailable('echo', { throttled: 3 });
    const { stdout } = await jobrelay('health painter');
    const { endpoints } = JSON.parse((await jobrelay('health painter --json')).stdout);
    emulator.setUnavailable('echo', {});
    expect(stdout).toMatch(/^local\/echo: no worker could start now/m);
    expect(endpoints.map(({ circuit }: { circuit: string }) => circuit)).toEqual(['open', 'closed']);
  });

  it('answers for the others where one of several does not', async () => {
    emulator.setFaults([{ kind: 'status', operation: 'health', endpoint: 'nobody', httpStatus: 503 }]);
    const { exitCode, stdout } = await jobrelay('health painter');
    expect(exitCode).toBe(9);
    expect(stdout).toMatch(/^local\/echo /m);
    expect(stdout).toMatch(/^local\/nobody: health on endpoint "nobody": HTTP 503/m);
  });
});

describe('endpoint limits', () => {
  it('shows what is documented, and what is kept of it with the workers that run', async () => {
    const jobId = await submit('slow', { a: 1 });
    await until('it runs', () => statusOf(jobId) === 'IN_PROGRESS');
    await submit('slow', { a: 1 });
    const { exitCode, stdout } = await jobrelay('limits sleeper');
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^local\/slow: of the endpoint.*; this process uses 0\.5 of them; 2 running workers$/m);
    expect(stdout).toMatch(/^submit +1000 in 10 s, 200 at once +600 in 10 s, 100 at once, 600 a worker +run$/m);
    expect(stdout).toMatch(/^read +2000 in 10 s, 400 at once +1000 in 10 s, 200 at once +status, statusSync, stream$/m);
  });

  it('needs nobody to ask of a gateway', async () => {
    const { stdout } = await jobrelay('limits gate/images --json');
    const [{ scope, budgets }] = JSON.parse(stdout).endpoints;
    expect(scope).toBe('account');
    expect(budgets).toMatchObject([
      { budget: 'all', documented: { windows: [{ requests: 300, windowMs: 60_000 }, { requests: 20_000 }] } },
    ]);
  });
});

describe('endpoint purge', () => {
  it('asks a person, and removes nothing at a no', async () => {
    const jobId = await submit('nobody', { a: 1 });
    const { exitCode, stdout, stderr } = await jobrelay('purge local/nobody', { person: true, stdin: 'n\n' });
    expect(stderr).toContain('Remove 1 job waiting at local/nobody, whoever submitted them? [y/N]');
    expect([exitCode, stdout]).toEqual([0, 'Nothing was removed.\n']);
    expect(statusOf(jobId)).toBe('IN_QUEUE');
    expect((await jobrelay('purge local/nobody', { person: true, stdin: 'y\n' })).stdout).toBe(
      'local/nobody: 1 job removed from the queue\n',
    );
  });

  it('removes nothing where nobody can be asked, unless it is told', async () => {
    const jobId = await submit('nobody', { a: 1 });
    const { exitCode, stderr } = await jobrelay('purge local/nobody');
    expect(exitCode).toBe(2);
    expect(stderr).toContain('say so with --yes');
    expect(statusOf(jobId)).toBe('IN_QUEUE');
    const purged = await jobrelay('purge local/nobody --yes --json');
    expect(JSON.parse(purged.stdout)).toEqual({ endpoint: 'local/nobody', removed: 1 });
  });
});

describe('of one job', () => {
  it('endpoint status shows where it stands', async () => {
    const jobId = await submit('echo', { text: 'a' });
    await until('it is done', () => statusOf(jobId) === 'COMPLETED');
    const { exitCode, stdout } = await jobrelay(`status local/echo ${jobId}`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}status +COMPLETED$/m);
    expect(stdout).toMatch(/^ {2}output +\{"text": "a"\}$/m);
    const job = JSON.parse((await jobrelay(`status local/echo ${jobId} --json`)).stdout);
    expect(job).toMatchObject({ endpoint: 'local/echo', jobId, status: 'COMPLETED', output: { text: 'a' } });
  });

  it('endpoint cancel waits until it has ended', async () => {
    const jobId = await submit('slow', { a: 1 });
    const { exitCode, stdout } = await jobrelay(`cancel sleeper ${jobId}`);
    expect([exitCode, stdout]).toEqual([0, `${jobId} at local/slow: CANCELLED\n`]);
    expect(statusOf(jobId)).toBe('CANCELLED');
  });

  it('endpoint cancel says so where it has not ended in time', async () => {
    const jobId = await submit('slow', { a: 1 });
    const body = { id: jobId, status: 'IN_PROGRESS' };
    emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 200, body }]);
    const { exitCode, stdout } = await jobrelay(`cancel sleeper ${jobId} --wait 100ms`);
    expect(exitCode).toBe(8);
    expect(stdout).toContain('the cancel was accepted, and it is still IN_PROGRESS');
  });

  it('endpoint cancel does not take the answer to a cancel for its end', async () => {
    const jobId = await submit('slow', { a: 1 });
    emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 503 }]);
    const { exitCode, stdout } = await jobrelay(`cancel sleeper ${jobId} --wait 100ms --json`);
    expect(exitCode).toBe(8);
    expect(JSON.parse(stdout)).toMatchObject({ jobId, status: 'UNKNOWN', completed: false });
  });

  it('endpoint retry puts it back into the queue', async () => {
    const jobId = await submit('fail', { message: 'no' });
    await until('it failed', () => statusOf(jobId) === 'FAILED');
    const { exitCode, stdout } = await jobrelay(`retry local/fail ${jobId}`);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^ {2}status +IN_(QUEUE|PROGRESS)$/m);
  });

  it.each(['local', 'sub'])('endpoint stream prints what it yields at %s', async (provider) => {
    const jobId = await submit('count', { to: 3, everyMs: 20 });
    const env = { LOCAL_KEY: 'k', SUB_KEY: 'k' };
    const { exitCode, stdout, stderr } = await jobrelay(`stream ${provider}/count ${jobId}`, { env });
    expect([exitCode, stdout]).toEqual([0, '1\n2\n3\n']);
    expect(stderr).toBe(`${jobId} at ${provider}/count: COMPLETED\n`);
  });

  it('endpoint stream --json prints one document', async () => {
    const jobId = await submit('count', { to: 2 });
    const { stdout } = await jobrelay(`stream local/count ${jobId} --json`);
    expect(JSON.parse(stdout)).toMatchObject({ jobId, status: 'COMPLETED', chunks: [{ output: 1 }, { output: 2 }] });
  });

  it('endpoint stream fails where the job does', async () => {
    const jobId = await submit('fail', { message: 'no' });
    expect((await jobrelay(`stream local/fail ${jobId}`)).exitCode).toBe(1);
  });
});

describe('what is wrong is said with what to do', () => {
  it.each<[string, number, RegExp]>([
    [
      'health paynter',
      2,
      /endpoint "paynter" is not in jobrelay\.yaml \(did you mean painter\? known: painter, sleeper/,
    ],
    ['health locl/echo', 2, /provider "locl" is not in jobrelay\.yaml \(did you mean local\?/],
    ['status painter JOB', 2, /endpoint "painter" stands for several: name one of local\/echo, local\/nobody/],
    ['health sub/echo', 2, /the key of provider "sub" is missing: set SUB_KEY$/m],
    ['status local/echo JOB', 4, /job not found \(another endpoint has it, or it is deleted/],
    ['health gone/echo', 9, /^error: health on endpoint "echo"/],
  ])('%s ends with %i', async (line, code, message) => {
    const { exitCode, stderr } = await jobrelay(line);
    expect(stderr).toMatch(message);
    expect(exitCode).toBe(code);
  });

  it('an operation that the dialect does not have is wrong usage, and nothing is sent', async () => {
    const { exitCode, stderr } = await jobrelay('retry sub/echo JOB', { env: { SUB_KEY: 'k' } });
    expect(exitCode).toBe(2);
    expect(stderr).toContain('provider "sub" has no retry: SubModel documents none');
    expect((await jobrelay('retry local/echo JOB --json')).stdout).toContain('"code":"JobNotFound"');
  });
});

describe('endpoint check', () => {
  it('prints a table of what holds', async () => {
    const { exitCode, stdout } = await jobrelay('check local/echo', {}, '--input', '{"text": "a"}');
    expect(stdout).toMatch(/^ok +run +a submit is answered/m);
    expect(stdout).toMatch(/^not checked +cancel +.*\n +-> needs a job that runs for ten seconds/m);
    expect(stdout).toMatch(/^\d+ ok, 0 differ, .* 4 jobs were submitted$/m);
    expect(exitCode).toBe(0);
  });

  it('ends with 1 where something differs', async () => {
    emulator.setFaults([{ kind: 'lose-output', operation: 'run' }]);
    const { exitCode, stdout } = await jobrelay('check local/echo --json', {}, '--input', '{"text": "a"}');
    const { conforms, results } = JSON.parse(stdout);
    expect(exitCode).toBe(1);
    expect(conforms).toBe(false);
    expect(results).toContainEqual(expect.objectContaining({ check: 'status-end', verdict: 'differs' }));
  });

  it('stopped by Ctrl-C, cancels what it submitted', async () => {
    const signals = new EventEmitter();
    const checking = jobrelay('check local/slow', { signals }, '--input', '{"checked": true}');
    const checked = () => emulator.jobs().filter(({ input }) => Object.hasOwn(input as object, 'checked'));
    await until('it has submitted', () => checked().length > 1);
    signals.emit('SIGINT');
    expect((await checking).exitCode).toBe(130);
    expect(checked().map(({ status }) => status)).not.toContain('IN_PROGRESS');
  });

  it('asks before it submits anything to a provider that is not on this machine', async () => {
    const elsewhere = { cwd: tmpdir(), env: { RUNPOD_API_KEY: 'k' } };
    const refused = await jobrelay('check runpod/abc', elsewhere, '--input', '{"a": 1}');
    expect(refused.exitCode).toBe(2);
    expect(refused.stderr).toContain('which cost money: say so with --yes');
    const asked = await jobrelay(
      'check runpod/abc',
      { ...elsewhere, person: true, stdin: 'n\n' },
      '--input',
      '{"a": 1}',
    );
    expect(asked.stderr).toContain('Submit about a dozen jobs to runpod/abc? They cost what such jobs cost.');
    expect([asked.exitCode, asked.stdout]).toEqual([0, 'Nothing was checked.\n']);
  });
});
