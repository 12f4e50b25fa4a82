import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Client, Connection } from '@temporalio/client';
import { defineSearchAttributeKey } from '@temporalio/common';
import { afterEach, describe, expect, inject, test, vi } from 'vitest';
import { type DevServerOptions, startDevServer } from '../../../embedded/dev-server.js';

const cliPath = inject('temporalCli');

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (let cleanup = cleanups.pop(); cleanup; cleanup = cleanups.pop()) await cleanup();
});

async function start(options: Partial<DevServerOptions> = {}) {
  const server = await startDevServer({ cliPath, ...options });
  cleanups.push(() => server.stop());
  return server;
}

async function connect(address: string): Promise<Connection> {
  const connection = await Connection.connect({ address });
  cleanups.push(() => connection.close());
  return connection;
}

async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'jobrelay-dev-server-'));
  cleanups.push(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Starts a run that has a search attribute of its own name. */
async function startWith(connection: Connection, name: string): Promise<void> {
  const typedSearchAttributes = [{ key: defineSearchAttributeKey(name, 'KEYWORD'), value: 'here' }];
  const run = { workflowId: name, taskQueue: 'nobody', typedSearchAttributes };
  await new Client({ connection }).workflow.start('job', run);
}

/** Somebody else on a port. */
async function occupiedPort(): Promise<number> {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  cleanups.push(() => new Promise((resolve) => other.close(resolve)));
  return (other.address() as AddressInfo).port;
}

/**
 * The CLI, which first ends a number of times as it does where its port was free when it looked, and taken when it listened: in
 * words, number of lines and exit as seen of CLI 1.9.1, when the port was taken 60 ms after its start.
 */
async function cliThatPanics({ times }: { times: number }): Promise<string> {
  const folder = await temporaryFolder();
  const cli = join(folder, 'temporal');
  await writeFile(
    cli,
    `#!/bin/sh
echo start >> '${folder}/starts'
[ "$(wc -l < '${folder}/starts')" -gt ${times} ] && exec '${cliPath}' "$@"
echo 'level=ERROR msg="Failed to start gRPC listener" error="listen tcp 127.0.0.1:46159: bind: address already in use"' >&2
echo 'panic: runtime error: invalid memory address or nil pointer dereference' >&2
echo 'goroutine 1 [running]:' >&2
for _ in $(seq 50); do printf 'go.uber.org/dig.defaultInvoker(0x1)\\n\\tcontainer.go:257 +0x25\\n' >&2; done
exit 2
`,
    { mode: 0o755 },
  );
  return cli;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("Temporal's dev server", () => {
  test('is ready when the start resolves: namespace, search attributes and web UI are there', async () => {
    const server = await start({ namespace: 'studio', uiPort: 0, searchAttributes: { JobRelayRun: 'Keyword' } });
    const connection = await connect(server.address);
    const { customAttributes } = await connection.operatorService.listSearchAttributes({ namespace: 'studio' });
    expect(Object.keys(customAttributes)).toContain('JobRelayRun');
    await vi.waitFor(async () => expect((await fetch(String(server.uiUrl))).status).toBe(200), { timeout: 45_000 });
  });

  test('takes the search attributes of its start at once, and those that are added later soon', async () => {
    const { address } = await start({ searchAttributes: { First: 'Keyword' } });
    const connection = await connect(address);
    await startWith(connection, 'First');
    await connection.operatorService.addSearchAttributes({ namespace: 'default', searchAttributes: { Second: 2 } });
    await vi.waitFor(() => startWith(connection, 'Second'), { timeout: 90_000, interval: 200 });
    const client = new Client({ connection });
    for (const name of ['First', 'Second']) {
      const { typedSearchAttributes } = await client.workflow.getHandle(name).describe();
      expect(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value])).toContainEqual([name, 'here']);
    }
  });

  test('leaves no process behind when it is stopped', async () => {
    const server = await start();
    expect(isAlive(server.pid)).toBe(true);
    await server.stop();
    expect(isAlive(server.pid)).toBe(false);
    await expect(server.ended).resolves.toBe('exit 0');
  });

  test('goes on with the runs of its database file', async () => {
    const dbFile = join(await temporaryFolder(), 'temporal.db');
    const first = await start({ dbFile, searchAttributes: { JobRelayRun: 'Keyword' } });
    const before = new Client({ connection: await connect(first.address) });
    await before.workflow.start('job', { workflowId: 'kept', taskQueue: 'nobody' });
    await first.stop();

    const second = await start({ dbFile, searchAttributes: { JobRelayRun: 'Keyword' } });
    const after = new Client({ connection: await connect(second.address) });
    const { status } = await after.workflow.getHandle('kept').describe();
    expect(status.name).toBe('RUNNING');
  });

  test('names the port that is in use, and the option that changes it', async () => {
    const port = await occupiedPort();
    await expect(start({ port })).rejects.toThrow(
      new RegExp(`Port ${port}, wanted for Temporal's dev server, is in use.*--temporal-port`),
    );
    await expect(start({ uiPort: port })).rejects.toThrow(new RegExp(`Port ${port}.*web UI.*--ui-port`));
  });

  test('that ends while it starts is an error with what it said last', async () => {
    const failure = start({ dbFile: '/nowhere/temporal.db' });
    await expect(failure).rejects.toThrow(/ended while it started \(exit 1\).*\/nowhere: no such file/s);
  });

  test('starts again, on other ports, where another program came first to a free one', async () => {
    const cli = await cliThatPanics({ times: 1 });
    const server = await start({ cliPath: cli });
    const connection = await connect(server.address);
    await connection.workflowService.describeNamespace({ namespace: 'default' });
  });

  test('that panics is an error with why, and without the stacks', async () => {
    const failure = start({ cliPath: await cliThatPanics({ times: 3 }) });
    await expect(failure).rejects.toThrow(/\(exit 2\).*bind: address already in use.*panic: runtime error/s);
    await expect(failure).rejects.not.toThrow(/goroutine|go\.uber\.org/);
  });

  test('of a CLI that is not there is an error that names the path', async () => {
    await expect(startDevServer({ cliPath: '/nowhere/temporal' })).rejects.toThrow(
      /\/nowhere\/temporal cannot be started/,
    );
  });

  test('is given up when the signal aborts its start', async () => {
    const giveUp = AbortSignal.abort(new Error('interrupted'));
    await expect(start({ signal: giveUp })).rejects.toThrow('interrupted');
  });

  test('ends when the process that started it is killed with SIGKILL', async () => {
    const script = fileURLToPath(new URL('../../fixtures/processes/dev-server-owner.mjs', import.meta.url));
    const owner = spawn(process.execPath, [script, cliPath], { stdio: ['ignore', 'pipe', 'inherit'] });
    cleanups.push(async () => owner.kill('SIGKILL'));
    const [line] = await once(owner.stdout, 'data');
    const pid = Number(String(line));
    expect(isAlive(pid)).toBe(true);

    owner.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), { timeout: 45_000, interval: 50 });
  });
});
