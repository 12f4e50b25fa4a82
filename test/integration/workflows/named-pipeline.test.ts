import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { DEFINITION_MEMO } from '../../../workflows/contract.js';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { failureOfRun, type Harness, startHarness } from '../harness.js';

const SHOUT = `version: 1
steps:
  loud: { endpoint: local/echo, input: { text: "{% $uppercase($input.word) %}" } }
output: "{% $steps.loud.output.text %}"
`;

let folder: string;
let harness: Harness;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'jobrelay-pipelines-'));
  await writeFile(path.join(folder, 'shout.yaml'), SHOUT);
  await writeFile(path.join(folder, 'wrong.yaml'), SHOUT.replace('local/echo', 'sdxl'));
  harness = await startHarness({ configure: (config) => ({ ...config, pipelines: folder }) });
});
afterAll(async () => {
  await harness.stop();
  await rm(folder, { recursive: true });
});

describe('a pipeline of the worker', () => {
  it('runs by its name, and keeps the digest of its definition', async () => {
    const run = await harness.relay.start('pipeline', { pipeline: 'shout', input: { word: 'durable' } });
    expect((await run.result()).output).toBe('DURABLE');
    const { memo } = await harness.temporal.workflow.getHandle(run.workflowId).describe();
    expect(memo?.[DEFINITION_MEMO]).toEqual({
      name: 'shout',
      sha256: createHash('sha256').update(SHOUT).digest('hex'),
    });
  });

  it('runs from the command line', async () => {
    const { address, namespace } = inject('temporal');
    const args = ['--address', address, '--namespace', namespace, '--task-queue', harness.taskQueue, '--json'];
    const { exitCode, stdout } = await jobrelay(['run', 'shout', '--input', '{"word": "jobs"}', ...args]);
    expect({ exitCode, output: JSON.parse(stdout).result.output }).toEqual({ exitCode: 0, output: 'JOBS' });
  });

  it('fails at once where it is not known, or wrong', async () => {
    const unknown = await failureOfRun(harness.relay, 'pipeline', { pipeline: 'shuot' });
    expect(unknown).toMatchObject({ type: 'InvalidRequest', message: expect.stringContaining('known: shout, wrong') });
    const wrong = await failureOfRun(harness.relay, 'pipeline', { pipeline: 'wrong' });
    expect(wrong).toMatchObject({ type: 'DefinitionInvalid', message: expect.stringContaining('wrong.yaml:3:11: ') });
  });
});
