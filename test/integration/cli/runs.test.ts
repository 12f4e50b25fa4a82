import { randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { type JobRelayClient, RunTerminated } from '../../../client/index.js';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { type Harness, startHarness, until } from '../harness.js';

/** No other test's name; with what a query could take for the end of a text. */
const PIPELINE = `the boats' captions ${randomUUID()}`;
const DEFINITION = {
  version: 1,
  name: PIPELINE,
  steps: { said: { endpoint: 'local/echo', input: { text: '{% $input.text %}' } } },
  output: { text: '{% $steps.said.output.text %}' },
};

let harness: Harness;
let relay: JobRelayClient;
let ended: string;
let open: string;
beforeAll(async () => {
  harness = await startHarness();
  relay = harness.relay;
  const pipeline = await relay.start('pipeline', { definition: DEFINITION, input: { text: 'a red boat' } });
  await pipeline.result();
  ended = pipeline.workflowId;
  open = (await relay.start('job', { endpoint: 'local/sleep', input: { ms: 60_000 } })).workflowId;
});
afterAll(async () => {
  const run = await relay.run(open);
  await run.cancel();
  await run.result().catch(() => {});
  await harness.stop();
});

/** `jobrelay …` at the server and with the task queue of this test. */
function run(...args: string[]) {
  const { stateDir, taskQueue } = harness;
  const place = ['--address', inject('temporal').address, '--task-queue', taskQueue, '--state', stateDir];
  return jobrelay([...args, ...place], { cwd: stateDir });
}

interface Listed {
  readonly runs: readonly { readonly workflowId: string; readonly type: string }[];
  readonly more: boolean;
}
const list = async (...args: string[]) => JSON.parse((await run('list', '--json', ...args)).stdout) as Listed;

describe('jobrelay list', () => {
  it('finds a run by all that is asked of it', async () => {
    const filters = ['--type', 'pipeline', '--status', 'completed', '--endpoint', 'local/echo', '--since', '1h'];
    const listed = await until('the run is listed', async () => {
      const { runs, more } = await list('--pipeline', PIPELINE, ...filters);
      return runs.length > 0 && { runs, more };
    });
    expect(listed).toEqual({
      runs: [
        {
          workflowId: ended,
          runId: expect.any(String),
          type: 'pipeline',
          status: 'completed',
          startedAt: expect.stringMatching(/Z$/),
          closedAt: expect.stringMatching(/Z$/),
          pipeline: PIPELINE,
          endpoints: ['local/echo'],
        },
      ],
      more: false,
    });
    const { stdout } = await run('list', '--pipeline', PIPELINE);
    expect(stdout).toMatch(/^RUN +TYPE +STATUS +STARTED +TOOK +OF\n/);
    expect(stdout).toContain(`${ended}  pipeline  completed  `);
  });

  it.each([
    [['--status', 'failed']],
    [['--type', 'job']],
    [['--type', 'workflow']],
    [['--endpoint', 'local/sleep']],
    [['--since', '2100-01-01T00:00:00Z']],
  ])('leaves out what does not meet %j', async (filters) => {
    expect(await list('--pipeline', PIPELINE, ...filters)).toEqual({ runs: [], more: false });
    const { exitCode, stdout } = await run('list', '--pipeline', PIPELINE, ...filters);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: 'There is no such run.\n' });
  });

  it('shows those that run first, and says where there are more than its limit', async () => {
    await until('both runs are listed, in this order', async () => {
      const { runs } = await list('--since', '1h', '--limit', '10000');
      const place = (id: string) => runs.findIndex(({ workflowId }) => workflowId === id);
      return place(open) >= 0 && place(ended) > place(open);
    });
    const { runs, more } = await list('--limit', '1');
    expect(runs).toHaveLength(1);
    expect(more).toBe(true);
    expect((await run('list', '--limit', '1')).stdout).toContain('\nThere are more: --limit shows more of them.\n');
  });

  it('says that a namespace is not there, with the exit code 3', async () => {
    const { exitCode, stderr } = await run('list', '--namespace', 'nowhere');
    expect(stderr).toMatch(/^error: .*"nowhere"/);
    expect(exitCode).toBe(3);
  });
});

describe('jobrelay result', () => {
  it('prints the output of a run that has ended, as its start would have', async () => {
    const { exitCode, stdout, stderr } = await run('result', ended);
    expect(JSON.parse(stdout)).toEqual({ text: 'a red boat' });
    expect(stderr).toMatch(new RegExp(`^Completed ${ended}: 1 job, .*\n$`));
    expect(exitCode).toBe(0);
  });

  it('writes its files, and tells programs all of it', async () => {
    const { stdout } = await run('result', ended, '--out', 'results', '--json');
    expect(JSON.parse(stdout)).toMatchObject({
      workflowId: ended,
      status: 'completed',
      result: { output: { text: 'a red boat' }, steps: { said: { status: 'completed' } }, usage: { jobs: 1 } },
      files: [join(harness.stateDir, 'results/output.json')],
    });
    expect(await readdir(join(harness.stateDir, 'results'))).toEqual(['output.json']);
  });

  it('says how to have the output where a file of it cannot be written', async () => {
    await mkdir(join(harness.stateDir, 'full/output.json'), { recursive: true });
    const { exitCode, stdout, stderr } = await run('result', ended, '--out', 'full');
    expect(stderr).toMatch(/output\.json can't be written \(EISDIR\)/);
    expect(stderr).toContain(`Its output is kept: jobrelay result '${ended}' --out DIR`);
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' });
  });

  it('does not wait with --no-wait, and tells by the exit code 8', async () => {
    const text = await run('result', open, '--no-wait');
    expect(text).toEqual({ exitCode: 8, stdout: '', stderr: `${open} has not ended\n` });
    const { exitCode, stdout } = await run('result', open, '--no-wait', '--json');
    expect(JSON.parse(stdout)).toMatchObject({ workflowId: open, status: 'running' });
    expect(exitCode).toBe(8);
  });

  it('waits for a run with its progress, to the end of it', async () => {
    const { workflowId } = await relay.start('job', { endpoint: 'local/sleep', input: { ms: 1_500 } });
    const { exitCode, stderr } = await run('result', workflowId);
    expect(stderr).toMatch(/job: completed\nCompleted job:/);
    expect(exitCode).toBe(0);
  });

  it.each([
    ['failed', 1, 'RunFailed'],
    ['was terminated', 5, 'RunTerminated'],
  ])('of a run that %s ends with the exit code %i', async (how, code, error) => {
    const endpoint = how === 'failed' ? 'local/fail' : 'local/sleep';
    const started = await relay.start('job', { endpoint, input: { message: 'no paint left', ms: 60_000 } });
    if (error === RunTerminated.name) await harness.temporal.workflow.getHandle(started.workflowId).terminate();
    const { exitCode, stdout } = await run('result', started.workflowId, '--json');
    expect(JSON.parse(stdout)).toMatchObject({ error: { code: error } });
    expect(exitCode).toBe(code);
    // `status` tells the same, and that it could be asked.
    const status = await run('status', started.workflowId);
    expect(status.stdout).toContain(`\nerror: run ${started.workflowId} ${how}`);
    expect(status.exitCode).toBe(0);
    const { error: told } = JSON.parse((await run('status', started.workflowId, '--json')).stdout);
    expect(told).toEqual(JSON.parse(stdout).error);
  });

  it('of a run that there is not ends with the exit code 4', async () => {
    expect((await run('result', 'job:nobody')).exitCode).toBe(4);
  });
});

describe('a budget on the command line', () => {
  it('ends the run with the exit code 1 where it is used up, and says what was done', async () => {
    const steps = { said: { forEach: '{% [1..3] %}', endpoint: 'local/echo', input: { n: '{% $item %}' } } };
    const file = join(harness.stateDir, 'three.json');
    await writeFile(file, JSON.stringify({ version: 1, steps }));
    const { exitCode, stderr } = await run('run', file, '--budget-jobs', '2');
    expect(stderr).toMatch(
      /error: run \S+ failed with BudgetExceeded: the budget of the run is used up: 2 of 2 jobs submitted, at step "said\[2\]"\n\(2 jobs, .*; to go on, start it anew with a larger budget/,
    );
    expect(exitCode).toBe(1);
    const job = await run(
      'job',
      'local/fail',
      '--input',
      '{"message": "no"}',
      '--retry-handler',
      '3',
      '--budget-jobs',
      '1',
    );
    expect(job).toMatchObject({ exitCode: 1, stderr: expect.stringContaining('1 of 1 jobs submitted') });
    const workflowId = /Run (\S+)/.exec(job.stderr)?.[1] ?? '';
    expect((await run('status', workflowId)).stdout).toContain('\nbudget: 1 of 1 jobs submitted\n');
  });
});
