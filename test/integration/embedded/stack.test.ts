import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { type StackOptions, startStack } from '../../../embedded/stack.js';
import { TASK_QUEUE } from '../../../workflows/contract.js';

const FREE_PORTS = { temporalPort: 0, uiPort: 0, emulatorPort: 0 };

let cwd: string;
const cleanups: (() => Promise<unknown>)[] = [];
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-stack-'));
  cleanups.push(() => rm(cwd, { recursive: true, force: true }));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
});

async function start(options: Partial<StackOptions> = {}) {
  const env = { ...process.env, TEMPORAL_CLI_PATH: inject('temporalCli') };
  const stack = await startStack({ stateDir: '.jobrelay', cwd, env, log: () => {}, ...FREE_PORTS, ...options });
  cleanups.push(() => stack.stop());
  return stack;
}

async function runJob(temporal: string, endpoint: string, input: object): Promise<unknown> {
  const connection = await Connection.connect({ address: temporal });
  cleanups.push(() => connection.close());
  const { workflow } = new Client({ connection });
  const { output } = await workflow.execute('job', {
    workflowId: `job-${endpoint}-${Date.now()}`,
    taskQueue: TASK_QUEUE,
    args: [{ endpoint, input }],
  });
  return output;
}

describe('the stack', () => {
  test('runs a job of an endpoint of its own, from Temporal to the handler and back', async () => {
    // Settings of another server, which the stack's own does not understand.
    vi.stubEnv('TEMPORAL_API_KEY', 'key');
    const stack = await start({ endpoints: { shout: { handler: (input) => ({ heard: input }) } } });
    await expect(runJob(stack.temporal, 'local/shout', { text: 'hello' })).resolves.toEqual({
      heard: { text: 'hello' },
    });
  });

  test('keeps its state in one folder, and goes on with it', async () => {
    const first = await start();
    await first.stop();
    await expect(first.ended).resolves.toBeUndefined();
    expect(await readdir(join(cwd, '.jobrelay'))).toContain('temporal.db');
    expect(await readdir(join(cwd, '.jobrelay'))).not.toContain('lock');

    const second = await start();
    await expect(runJob(second.temporal, 'local/echo', { n: 1 })).resolves.toEqual({ n: 1 });
  });

  test('refuses a second one on the same folder', async () => {
    await start();
    await expect(start()).rejects.toThrow(`in use by process ${process.pid}`);
  });

  test('names the port that is in use, and leaves nothing up or locked', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    cleanups.push(() => new Promise((resolve) => other.close(resolve)));
    const { port } = other.address() as { port: number };
    await expect(start({ emulatorPort: port })).rejects.toThrow(new RegExp(`Port ${port}.*--emulator-port`));
    await expect(start({ temporalPort: port })).rejects.toThrow(new RegExp(`Port ${port}.*--temporal-port`));
    expect(await readdir(join(cwd, '.jobrelay'))).not.toContain('lock');
  });

  test('does not start where the configuration is wrong', async () => {
    await writeFile(join(cwd, 'jobrelay.yaml'), 'version: 1\nendpoints: 7\n');
    await expect(start()).rejects.toThrow('endpoints');
    expect(await readdir(join(cwd, '.jobrelay'))).not.toContain('lock');
  });

  test('tells when its Temporal server is gone', async () => {
    const pidFile = join(cwd, 'pid');
    const cli = join(cwd, 'temporal');
    await writeFile(cli, `#!/bin/sh\necho $$ > ${pidFile}\nexec ${inject('temporalCli')} "$@"\n`, { mode: 0o755 });
    const stack = await start({ env: { ...process.env, TEMPORAL_CLI_PATH: cli } });
    process.kill(Number(await readFile(pidFile, 'utf8')), 'SIGKILL');
    await expect(stack.ended).rejects.toThrow("Temporal's dev server ended (ended by SIGKILL)");
  });
});
