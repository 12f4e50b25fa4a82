import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ApprovalRefused, type JobRelayClient } from '../../../client/index.js';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { type Harness, startHarness, until } from '../harness.js';
import { startCli } from './cli-process.js';

const EXAMPLE = fileURLToPath(new URL('../../../examples/approval/pipeline.yaml', import.meta.url));

let harness: Harness;
let relay: JobRelayClient;
beforeAll(async () => {
  harness = await startHarness();
  relay = harness.relay;
});
afterAll(() => harness.stop());

/** `jobrelay …` at the server and with the task queue of this test. */
const run = (...args: string[]) => jobrelay([...args, ...place()], { cwd: harness.stateDir, env: { USER: 'ada' } });

function place(): string[] {
  const { stateDir, taskQueue } = harness;
  return ['--address', inject('temporal').address, '--task-queue', taskQueue, '--state', stateDir];
}

const waiting = (workflowId: string, count: number) =>
  until(`${workflowId} waits for ${count} approvals`, async () => {
    const known = await relay.run(workflowId).catch(() => undefined);
    return (await known?.progress())?.approvals?.length === count;
  });

const startOne = async () => {
  const started = await relay.start('pipeline', { definition: { version: 1, steps: { review: { approval: {} } } } });
  await waiting(started.workflowId, 1);
  return started;
};

describe('jobrelay approve', () => {
  it('decides what the example waits for, which the run and the status tell with the commands to use', async () => {
    const key = randomUUID();
    const workflowId = `pipeline:${key}`;
    const input = JSON.stringify({ titles: ['a red boat', 'a blue boat'] });
    const followed = startCli(['run', EXAMPLE, '--input', input, '--key', key, ...place()], { cwd: harness.stateDir });
    await followed.says(/Waits for the approval of review\[1\] until .*\n.*\n/);

    const command = (index: number) =>
      `jobrelay approve ${workflowId} review --index ${index} --address ${inject('temporal').address}`;
    const status = await run('status', workflowId);
    expect(status.stdout).toContain('  review: waiting, 0 of 2\n');
    expect(status.stdout).toMatch(
      /\nwaiting for approval of:\n {2}review\[0\] until .*Z, taken for rejected after that: Publish "a red boat"\?\n/,
    );
    expect(status.stdout).toContain(`    ${command(1)}\n`);

    const approved = await run('approve', workflowId, 'review', '--index', '0');
    expect(approved).toMatchObject({ exitCode: 0, stderr: '' });
    expect(approved.stdout).toMatch(new RegExp(`^${workflowId}: review\\[0\\] approved by ada at .*Z\n$`));
    const rejected = await run(
      'approve',
      workflowId,
      'review',
      '--index',
      '1',
      '--reject',
      '--note',
      'too blue',
      '--by',
      'bob',
      '--json',
    );
    expect(JSON.parse(rejected.stdout)).toEqual({
      ...{ workflowId, runId: expect.any(String), step: 'review', index: 1, approved: false },
      ...{ by: 'bob', note: 'too blue', at: expect.stringMatching(/Z$/), expired: false },
    });

    expect(await followed.exited).toBe(0);
    expect(JSON.parse(followed.stdout())).toEqual({ published: ['a red boat'], rejected: ['too blue'] });
    expect(followed.stderr()).toContain(`\n  ${command(0)}    (or with --reject)\n`);
    expect(followed.stderr().match(/Waits for the approval/g)).toHaveLength(2);
  });

  it('says why a decision is not taken, with the exit code 6', async () => {
    const { workflowId } = await startOne();
    const unknown = await run('approve', workflowId, 'reviw');
    expect(unknown).toEqual({
      exitCode: 6,
      stdout: '',
      stderr: `error: run ${workflowId} does not take the decision: there is no step "reviw" (those of this run: review)\n`,
    });
    await run('approve', workflowId, 'review');
    await until('it has ended', async () => (await (await relay.run(workflowId)).status()).closedAt);
    const late = await run('approve', workflowId, 'review', '--reject', '--json');
    expect(JSON.parse(late.stdout)).toEqual({
      error: {
        code: 'ApprovalRefused',
        message: `run ${workflowId} does not take the decision: it has ended: completed`,
      },
    });
    expect(late.exitCode).toBe(6);
  });

  it('knows no run that is not there, and no index that is none', async () => {
    expect(await run('approve', 'pipeline:nobody', 'review')).toMatchObject({ exitCode: 4 });
    expect(await run('approve', 'pipeline:nobody', 'review', '--index', 'first')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('give the place of an item, counted from 0'),
    });
  });
});

describe('run.approve', () => {
  it('answers with the decision that stands', async () => {
    const started = await startOne();
    const decision = { approved: false, by: 'ada', note: null, at: expect.stringMatching(/Z$/), expired: false };
    expect(await started.approve({ step: 'review', approved: false, by: 'ada' })).toEqual(decision);
    expect((await started.result()).output).toEqual({ review: decision });
  });

  it('is refused where the step does not wait, and by a run that is no pipeline', async () => {
    const started = await startOne();
    const refused = await started
      .approve({ step: 'review', index: 0, approved: true })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ApprovalRefused);
    expect(refused).toMatchObject({ reason: 'step "review" asks for one approval: leave the index out' });
    await started.cancel();

    const job = await relay.start('job', { endpoint: 'local/sleep', input: { ms: 60_000 } });
    await expect(job.approve({ step: 'review', approved: true })).rejects.toMatchObject({
      code: 'ApprovalRefused',
      reason: 'it is no pipeline, and has no approvals',
    });
    await job.cancel();
    await job.result().catch(() => {});
  });

  it('says so where no worker answers', async () => {
    const alone = await startHarness({ worker: false });
    const started = await alone.relay.start('pipeline', { definition: { version: 1, steps: { a: { approval: {} } } } });
    await expect(started.approve({ step: 'a', approved: true }, { timeoutMs: 300 })).rejects.toMatchObject({
      code: 'NoWorker',
    });
    await alone.temporal.workflow.getHandle(started.workflowId).terminate();
    await alone.stop();
  });
});
