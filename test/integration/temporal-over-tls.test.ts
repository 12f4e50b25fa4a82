import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type Emulator, startEmulator } from '../../emulator/index.js';
import { certificate, startTlsFront, type TlsFront } from '../fixtures/tls-front.js';
import { runCli, startCli } from './cli/cli-process.js';
import { until } from './harness.js';

let front: TlsFront;
let emulator: Emulator;
let cwd: string;
beforeAll(async () => {
  [front, emulator, cwd] = await Promise.all([
    startTlsFront(inject('temporal').address),
    startEmulator(),
    mkdtemp(join(tmpdir(), 'jobrelay-tls-')),
  ]);
});
afterAll(async () => {
  front.close();
  await emulator.close();
  await rm(cwd, { recursive: true });
});

/** The standard variables, for a Temporal at that port that wants TLS and a key. */
const variables = (port: number, more: Readonly<Record<string, string>> = {}) => ({
  JOBRELAY_EMULATOR_URL: emulator.url,
  TEMPORAL_ADDRESS: `localhost:${port}`,
  TEMPORAL_NAMESPACE: inject('temporal').namespace,
  TEMPORAL_API_KEY: 'key-of-the-test',
  TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificate('ca.crt'),
  ...more,
});

describe('a Temporal behind TLS, with an authority of its own and an API key', () => {
  it('is reached by a worker and by the command line, and each of their calls brings the key', async () => {
    const env = variables(front.port);
    const queue = ['--task-queue', `tls-${randomUUID()}`];
    const worker = startCli(['worker', '--json', ...queue], { cwd, env });
    try {
      await until(`the worker is ready: ${worker.stderr()}`, () => worker.stdout().includes('"ready":true'));
      const job = await runCli(['job', 'local/echo', '--input', '{"a":1}', '--json', ...queue], { cwd, env });
      expect(job).toMatchObject({ exitCode: 0 });
      expect(JSON.parse(job.stdout)).toMatchObject({ result: { output: { a: 1 } } });
    } finally {
      worker.child.kill('SIGTERM');
      await worker.exited;
    }
    expect(front.calls.map(({ method }) => method)).toEqual(
      expect.arrayContaining(['StartWorkflowExecution', 'PollWorkflowTaskQueue', 'RespondActivityTaskCompleted']),
    );
    expect(new Set(front.calls.map(({ authorization }) => authorization))).toEqual(new Set(['Bearer key-of-the-test']));
    expect(`${worker.stdout()}${worker.stderr()}`).not.toContain('key-of-the-test');
  });

  it.concurrent.each([
    [
      'an unknown authority',
      { TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificate('authority.crt') },
      /set TEMPORAL_TLS_SERVER_CA_CERT_PATH/,
    ],
    ['another name', { TEMPORAL_TLS_SERVER_NAME: 'elsewhere.test' }, /set TEMPORAL_TLS_SERVER_NAME/],
    ['no TLS asked for', { TEMPORAL_TLS: 'false' }, /set TEMPORAL_TLS=true/],
  ])('with %s is an error that names the variable', async (_, more, remedy) => {
    const { exitCode, stderr } = await runCli(['list'], { cwd, env: variables(front.port, more) });
    expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringMatching(remedy) });
  });

  it.concurrent('that shows the certificate of an authority as its own is refused by a worker with the reason', async () => {
    const strict = await startTlsFront(inject('temporal').address, 'authority');
    const env = variables(strict.port, { TEMPORAL_TLS_SERVER_CA_CERT_PATH: certificate('authority.crt') });
    const { exitCode, stderr } = await runCli(['worker'], { cwd, env });
    strict.close();
    expect({ exitCode, stderr }).toEqual({ exitCode: 7, stderr: expect.stringContaining('without CA:TRUE') });
  });
});

it.concurrent('a certificate that is not there is an error that names the variable', async () => {
  const env = variables(front.port, { TEMPORAL_TLS_SERVER_CA_CERT_PATH: join(cwd, 'nowhere.crt') });
  const { exitCode, stderr } = await runCli(['list'], { cwd, env });
  expect({ exitCode, stderr }).toEqual({
    exitCode: 2,
    stderr: expect.stringMatching(/^error: TEMPORAL_TLS_SERVER_CA_CERT_PATH names a file/),
  });
});

it.concurrent('a Temporal without TLS, where TLS is asked for, is an error that says what turned it on', async () => {
  const port = Number(inject('temporal').address.split(':').at(-1));
  const { exitCode, stderr } = await runCli(['list'], { cwd, env: variables(port) });
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringMatching(/TEMPORAL_API_KEY/) });
});

it.concurrent('a host that is silent is said to be', async () => {
  const silent = createServer();
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const { port } = silent.address() as { port: number };
  const { exitCode, stderr } = await runCli(['list'], { cwd, env: variables(port) });
  silent.close();
  expect({ exitCode, stderr }).toEqual({ exitCode: 3, stderr: expect.stringContaining('it does not answer') });
});
