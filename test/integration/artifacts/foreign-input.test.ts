import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection, WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { type Harness, startHarness } from '../harness.js';

const MIB = 1024 * 1024;

describe('an input that another SDK sends as it is', () => {
  let harness: Harness;
  let connection: Connection;
  let foreign: Client;
  beforeAll(async () => {
    harness = await startHarness();
    const { address, namespace } = inject('temporal');
    // Without the retries by which this SDK asks for half a minute what will never be taken.
    connection = await Connection.connect({ address, interceptors: [] });
    foreign = new Client({ connection, namespace });
  });
  afterAll(async () => {
    await connection.close();
    await harness.stop();
  });

  const definition = {
    version: 1,
    steps: { copy: { endpoint: 'local/echo', input: { text: '{% $input.text %}' } } },
    output: '{% $length($steps.copy.output.text) %}',
  };
  const start = async (text: unknown) => {
    const workflowId = `pipeline:${randomUUID()}`;
    const { taskQueue } = harness;
    const options = { workflowId, taskQueue, args: [{ definition, input: { text } }] };
    return { workflowId, started: foreign.workflow.start('pipeline', options) };
  };

  test('works up to what Temporal takes', async () => {
    const { started } = await start('x'.repeat(1.9 * MIB));
    expect(await (await started).result()).toMatchObject({ output: Math.floor(1.9 * MIB) });
  });

  test.each([
    [3, /Blob data size exceeds limit/i],
    [5, /larger than max/],
  ])('is refused with %d MiB, and no run is begun', async (mebibytes, message) => {
    const { workflowId, started } = await start('x'.repeat(mebibytes * MIB));
    const error: unknown = await started.catch((error: unknown) => error);
    expect(`${(error as Error).message} ${((error as Error).cause as Error | undefined)?.message}`).toMatch(message);
    await expect(foreign.workflow.getHandle(workflowId).describe()).rejects.toThrow(WorkflowNotFoundError);
  });

  test('works with any size, stored by the command line and sent as its reference', async () => {
    const file = join(harness.stateDir, 'large.txt');
    await writeFile(file, 'x'.repeat(5 * MIB));
    const args = ['artifact', 'put', file, '--as', 'text', '--state', harness.stateDir];
    const { exitCode, stdout } = await jobrelay(args, { cwd: harness.stateDir });
    expect(exitCode).toBe(0);
    const reference = JSON.parse(stdout);
    expect(reference.$artifact).toMatchObject({ bytes: 5 * MIB, encoding: 'text', mediaType: 'text/plain' });
    const { started } = await start(reference);
    expect(await (await started).result()).toMatchObject({ output: 5 * MIB });
  });

  test('cannot be a file that is not there', async () => {
    const { exitCode, stderr } = await jobrelay(['artifact', 'put', 'nowhere.txt'], { cwd: harness.stateDir });
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining('nowhere.txt: there is no such file')]);
  });
});
