import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { JobResult, Run } from '../../client/index.js';
import { until } from '../integration/harness.js';
import { type Fleet, startFleet, untilAwaited } from './fleet.js';
import { createGates, type Gates, heldEndpoint } from './gates.js';
import type { WorkerProcess } from './worker-process.js';

/** A waiting attempt speaks to the server every 24 s (0.8 of its heartbeat timeout), and hears of nothing before that. */
const NEXT_HEARTBEAT_MS = 100_000;
/**
 * The heartbeat timeout is 30 s, and it passes again, twice at most, where the server hands the next attempt to a poll of the
 * frozen worker: a poll is over after a minute.
 */
const TAKEOVER_MS = 170_000;
const TIMEOUT_MS = 300_000;

/** Until the worker, told NOT_FOUND for the job of a run, has asked about the run and decided to do nothing to the job. */
async function untilLeft(worker: WorkerProcess, { workflowId }: Run<JobResult>): Promise<void> {
  const lines = () => worker.log().split('\n');
  await until(
    'the worker has left the job to its run',
    () => lines().some((line) => line.includes('left a job to its run') && line.includes(workflowId)),
    NEXT_HEARTBEAT_MS,
  );
}

/** Until the worker has said what became of a job: the activity that waited for it, or `reap`, whichever was faster. */
async function untilSettled(worker: WorkerProcess, jobId: string | undefined): Promise<void> {
  const told = ['settled a job', jobId ?? 'no job', 'stopped'];
  const lines = () => worker.log().split('\n');
  await until('the worker says so', () => lines().some((line) => told.every((part) => line.includes(part))));
}

describe.concurrent('an attempt that a heartbeat tells it is not wanted any more', () => {
  let gates: Gates;
  let fleet: Fleet;
  let worker: WorkerProcess;
  beforeAll(async () => {
    gates = createGates();
    fleet = await startFleet({ endpoints: { held: heldEndpoint(gates) } });
    worker = await fleet.startWorker();
  });
  afterAll(() => fleet.stop());

  async function startAwaited(mark: string): Promise<Run<JobResult>> {
    const run = await fleet.relay.start('job', { endpoint: 'local/held', input: { mark } });
    await untilAwaited(run);
    return run;
  }

  async function expectUnharmed(run: Run<JobResult>, mark: string): Promise<void> {
    expect(fleet.jobsMarked(mark)).toMatchObject([{ status: 'IN_PROGRESS' }]);
    gates.open(mark);
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', output: { mark }, suspectedDuplicates: 0 });
    expect(fleet.jobsMarked(mark)).toMatchObject([{ status: 'COMPLETED' }]);
  }

  it('cancels the job where the run was terminated', { timeout: TIMEOUT_MS }, async () => {
    const run = await startAwaited('terminated');
    await fleet.temporal.workflow.getHandle(run.workflowId).terminate('test');
    await until(
      'the job is cancelled',
      () => fleet.jobsMarked('terminated')[0]?.status === 'CANCELLED',
      NEXT_HEARTBEAT_MS,
    );
    expect(fleet.jobsMarked('terminated')).toHaveLength(1);
    await untilSettled(worker, fleet.jobsMarked('terminated')[0]?.id);
  });

  it('cancels the job where the run timed out', { timeout: TIMEOUT_MS }, async () => {
    const handle = await fleet.temporal.workflow.start('job', {
      taskQueue: fleet.taskQueue,
      workflowId: `timed-out-${randomUUID()}`,
      // Long enough for a busy machine to come to the wait.
      workflowExecutionTimeout: '20s',
      args: [{ endpoint: 'local/held', input: { mark: 'timed-out' } }],
    });
    await untilAwaited(await fleet.relay.run(handle.workflowId));
    await until('the run has timed out', async () => (await handle.describe()).status.name === 'TIMED_OUT');
    expect(fleet.jobsMarked('timed-out')).toHaveLength(1);
    await until(
      'the job is cancelled',
      () => fleet.jobsMarked('timed-out')[0]?.status === 'CANCELLED',
      NEXT_HEARTBEAT_MS,
    );
  });

  it('leaves the job where the activity was reset', { timeout: TIMEOUT_MS }, async () => {
    const run = await startAwaited('activity-reset');
    const [activity] = (await run.status()).pendingActivities;
    const { address } = inject('temporal');
    await promisify(execFile)(inject('temporalCli'), [
      ...['activity', 'reset', '--address', address, '--workflow-id', run.workflowId],
      ...['--activity-id', activity?.activityId ?? ''],
    ]);
    // The first attempt hears of it with a heartbeat, and ends; the second begins after that.
    await until(
      'the second attempt awaits the job',
      async () => {
        const [next] = (await run.status()).pendingActivities;
        return next?.attempt === 2 && next.state === 'running' && next.lastFailure?.type === 'ActivityReset';
      },
      NEXT_HEARTBEAT_MS,
    );
    await expectUnharmed(run, 'activity-reset');
  });

  it('leaves the job where the run was reset: the new run follows it', { timeout: TIMEOUT_MS }, async () => {
    const run = await startAwaited('run-reset');
    const { events } = await fleet.temporal.workflow.getHandle(run.workflowId).fetchHistory();
    // The task that decided to await the job: what came before it, the submit's handle, is kept.
    const task = (events ?? []).findLast(
      ({ workflowTaskCompletedEventAttributes }) => workflowTaskCompletedEventAttributes,
    );
    await fleet.temporal.workflowService.resetWorkflowExecution({
      ...inject('temporal'),
      workflowExecution: { workflowId: run.workflowId, runId: run.runId },
      workflowTaskFinishEventId: task?.eventId ?? null,
      requestId: randomUUID(),
      reason: 'test',
    });
    await untilLeft(worker, run);
    await expectUnharmed(run, 'run-reset');
  });
});

describe.concurrent('a worker frozen past its heartbeat timeout', () => {
  it('leaves its job, when it thaws, to the worker that took over', { timeout: TIMEOUT_MS }, async ({
    onTestFinished,
  }) => {
    const gates = createGates();
    const fleet = await startFleet({ endpoints: { held: heldEndpoint(gates) } });
    onTestFinished(() => fleet.stop());
    const frozen = await fleet.startWorker();
    const run = await fleet.relay.start('job', { endpoint: 'local/held', input: { mark: 'frozen' } });
    await untilAwaited(run);
    frozen.signal('SIGSTOP');

    const second = await fleet.startWorker();
    const handle = fleet.temporal.workflow.getHandle(run.workflowId);
    await until(
      'the second worker awaits the job',
      async () => {
        const [activity] = (await handle.describe()).raw.pendingActivities ?? [];
        return activity?.lastWorkerIdentity?.startsWith(`${second.pid}@`);
      },
      TAKEOVER_MS,
    );
    frozen.signal('SIGCONT');
    await untilLeft(frozen, run);

    expect(fleet.jobsMarked('frozen')).toMatchObject([{ status: 'IN_PROGRESS' }]);
    gates.open('frozen');
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', suspectedDuplicates: 0 });
    expect(fleet.jobsMarked('frozen')).toMatchObject([{ status: 'COMPLETED' }]);
  });
});
