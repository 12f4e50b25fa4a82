import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { activityInfo, getClient } from '@temporalio/activity';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import type { JobResult, Run } from '../../../client/index.js';
import type { JobHandle } from '../../../job-api/index.js';
import { createDeps, type RunningWorker, startWorker } from '../../../worker/index.js';
import type { ReapInput, ReapResult } from '../../../workflows/reap-contract.js';
import { type Harness, startHarness, until } from '../harness.js';

const MINUTE = { ms: 60_000 };

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ worker: false });
});
afterAll(() => harness.stop());

const jobsMarked = (mark: string) => harness.emulator.jobs().filter(({ input }) => Object(input).mark === mark);
const statusOf = (mark: string) => jobsMarked(mark).map(({ status }) => status);
const temporal = () => inject('temporal');

function worker(): Promise<RunningWorker> {
  return startWorker({
    config: harness.config,
    env: {},
    temporal: temporal(),
    taskQueue: harness.taskQueue,
    workflowBundle: inject('workflowBundle'),
    log: () => undefined,
  });
}

const startSleeper = (mark: string) =>
  harness.relay.start('job', { endpoint: 'local/sleep', input: { ...MINUTE, mark } });
const handleOf = ({ workflowId, runId }: Run<unknown>) => harness.temporal.workflow.getHandle(workflowId, runId);

async function untilAwaited(run: Run<unknown>): Promise<void> {
  await until('its job is awaited', async () => {
    const [activity] = (await run.status()).pendingActivities;
    return activity?.type === 'awaitJob' && activity.state === 'running' && activity.heartbeat;
  });
}

/** Starts runs, waits until their jobs are awaited, and terminates them when no worker is there to notice. */
async function terminatedUnnoticed(marks: readonly string[]): Promise<Run<JobResult>[]> {
  const first = await worker();
  const runs = await Promise.all(marks.map(startSleeper));
  for (const run of runs) await untilAwaited(run);
  await first.shutdown();
  for (const run of runs) await handleOf(run).terminate('test');
  return runs;
}

async function untilListed(runs: readonly Run<unknown>[]): Promise<void> {
  const query = `TaskQueue = "${harness.taskQueue}" AND ExecutionStatus = "Terminated"`;
  const ids = new Set(runs.map(({ runId }) => runId));
  await until('visibility tells of all', async () => {
    let found = 0;
    for await (const { runId } of harness.temporal.workflow.list({ query })) if (ids.has(runId)) found += 1;
    return found === ids.size;
  });
}

async function withWorker<T>(body: () => Promise<T>): Promise<T> {
  const running = await worker();
  try {
    return await body();
  } finally {
    await running.shutdown();
  }
}

/** A pass, and those that follow it, as a schedule starts them. */
async function reapOnce(input: Partial<ReapInput>): Promise<ReapResult> {
  return await harness.temporal.workflow.execute('reap', {
    workflowId: `reap-${randomUUID()}`,
    taskQueue: harness.taskQueue,
    args: [{ taskQueue: harness.taskQueue, ...input } satisfies ReapInput],
  });
}

describe('reap', () => {
  it('settles the job of a run that was terminated while its activity was between two attempts', async () => {
    const since = new Date();
    await withWorker(async () => {
      const run = await startSleeper('in-backoff');
      await until('it is submitted', () => jobsMarked('in-backoff').length === 1);
      // The provider asks to be left alone for a minute: until then no process of ours knows of the job.
      harness.emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 503, retryAfterSeconds: 60 }]);
      await until('its activity is in backoff', async () => {
        const [activity] = (await run.status()).pendingActivities;
        return activity?.type === 'awaitJob' && activity.state === 'scheduled' && activity.attempt > 1;
      });
      harness.emulator.clearFaults();
      await handleOf(run).terminate('test');
      await untilListed([run]);
      expect(statusOf('in-backoff')).toEqual(['IN_PROGRESS']);

      const report = await harness.relay.reap({ since });
      expect(report).toMatchObject({ runs: 1, outcomes: { stopped: 1 }, suspectedDuplicates: 0, more: false });
      expect(report.jobs).toMatchObject([
        { workflowId: run.workflowId, outcome: 'stopped', handle: { jobId: jobsMarked('in-backoff')[0]?.id } },
      ]);
      expect(statusOf('in-backoff')).toEqual(['CANCELLED']);

      // Once more, it finds a job that has ended, and does nothing.
      expect(await harness.relay.reap({ since })).toMatchObject({ runs: 1, outcomes: { ended: 1 }, jobs: [] });
    });
  });

  it('says with dryRun what it would stop, and stops nothing', async () => {
    const since = new Date();
    const runs = await terminatedUnnoticed(['dry']);
    await untilListed(runs);
    await withWorker(async () => {
      expect(await harness.relay.reap({ since, dryRun: true })).toMatchObject({
        outcomes: { running: 1 },
        jobs: [{ outcome: 'running', handle: { jobId: jobsMarked('dry')[0]?.id } }],
      });
      expect(statusOf('dry')).toEqual(['IN_PROGRESS']);
      expect(await harness.relay.reap({ since })).toMatchObject({ outcomes: { stopped: 1 } });
    });
    expect(statusOf('dry')).toEqual(['CANCELLED']);
  });

  it('leaves alone what open runs and those that ended by themselves have', async () => {
    const since = new Date();
    await withWorker(async () => {
      const open = await startSleeper('open');
      await untilAwaited(open);
      const done = await harness.relay.start('job', { endpoint: 'local/echo', input: { mark: 'done' } });
      await done.result();
      expect(await harness.relay.reap({ since })).toMatchObject({ runs: 0, outcomes: {} });
      expect(statusOf('open')).toEqual(['IN_PROGRESS']);
      await open.cancel();
      await open.result().catch(() => undefined);
    });
  });

  it('does no harm beside a second one', async () => {
    const since = new Date();
    const marks = ['twice-1', 'twice-2', 'twice-3'];
    const runs = await terminatedUnnoticed(marks);
    await untilListed(runs);
    await withWorker(async () => {
      const reports = await Promise.all([harness.relay.reap({ since }), harness.relay.reap({ since })]);
      for (const { runs, outcomes } of reports) {
        expect(runs).toBe(3);
        expect((outcomes.stopped ?? 0) + (outcomes.ended ?? 0)).toBe(3);
      }
    });
    for (const mark of marks) expect(statusOf(mark)).toEqual(['CANCELLED']);
  });

  it('settles of a run that was reset what the new run does not know, and nothing else', async () => {
    const since = new Date();
    const first = await worker();
    // Reset to before its submit: the job of the old run is nobody's.
    const before = await startSleeper('reset-before');
    // Reset to after it: the new run follows the job.
    const after = await startSleeper('reset-after');
    await untilAwaited(before);
    await untilAwaited(after);
    await first.shutdown();
    await reset(before, 'first');
    await reset(after, 'last');
    await untilListed([before, after]);
    await withWorker(async () => {
      const abandoned = jobsMarked('reset-before')[0]?.id;
      await until('the new run has a job of its own', () => jobsMarked('reset-before').length === 2);
      const report = await harness.relay.reap({ since });
      expect(report).toMatchObject({ runs: 2, outcomes: { stopped: 1 } });
      expect(report.jobs).toMatchObject([{ handle: { jobId: abandoned } }]);
      expect(statusOf('reset-before').sort()).toEqual(['CANCELLED', 'IN_PROGRESS']);
      expect(statusOf('reset-after')).toEqual(['IN_PROGRESS']);
      for (const { workflowId } of [before, after]) await harness.temporal.workflow.getHandle(workflowId).cancel();
      await until('both have settled', () =>
        ['reset-before', 'reset-after'].every((mark) => statusOf(mark).every((status) => status === 'CANCELLED')),
      );
    });
  });

  it('finds the job of a submit that was under way, and counts one whose fate is not known', async () => {
    const since = new Date();
    const { jobId } = await submitByHand('accepted');
    const handle = {
      provider: 'local',
      endpointId: 'sleep',
      jobId,
      submittedAt: new Date().toISOString(),
      ttlMs: 600_000,
    };
    const phases = { accepted: { phase: 'accepted', handle }, sending: { phase: 'sending' } };
    const runs = await terminatedInSubmit(phases);
    await untilListed(runs);
    await withWorker(async () => {
      const report = await harness.relay.reap({ since });
      expect(report).toMatchObject({ runs: 2, outcomes: { stopped: 1 }, suspectedDuplicates: 1 });
    });
    expect(statusOf('accepted')).toEqual(['CANCELLED']);
  });

  it('goes through a hundred runs in passes of ten, the oldest first, and begins the next time where it ended', async () => {
    const since = new Date().toISOString();
    const marks = Array.from({ length: 100 }, (_, index) => `many-${index}`);
    const runs = await terminatedUnnoticed(marks);
    await untilListed(runs);
    await withWorker(async () => {
      const first = await reapOnce({ since, maxRuns: 10 });
      expect(first).toMatchObject({ runs: 100, outcomes: { stopped: 100 }, more: false, state: { left: [] } });
      for (const mark of marks) expect(statusOf(mark)).toEqual(['CANCELLED']);
      expect(Date.parse(first.state.through)).toBeGreaterThan(Date.parse(since));

      // As a schedule hands it on, there is nothing to look at again.
      const handedOn: ReapInput = {
        taskQueue: harness.taskQueue,
        maxRuns: 10,
        continued: { passes: 0, result: { ...first, runs: 0, outcomes: {} } },
      };
      expect(await reapOnce(handedOn)).toMatchObject({ runs: 0, outcomes: {} });
    });
  }, 120_000);
});

/** Resets a run to the first of its workflow tasks, or to the last. */
async function reset(run: Run<unknown>, to: 'first' | 'last'): Promise<void> {
  const { events } = await handleOf(run).fetchHistory();
  const tasks = (events ?? []).filter(({ workflowTaskCompletedEventAttributes: task }) => task);
  const task = to === 'first' ? tasks[0] : tasks.at(-1);
  await harness.temporal.workflowService.resetWorkflowExecution({
    ...temporal(),
    workflowExecution: { workflowId: run.workflowId, runId: run.runId },
    workflowTaskFinishEventId: task?.eventId ?? null,
    requestId: randomUUID(),
    reason: 'test',
  });
}

/** A job that no run has submitted. */
async function submitByHand(mark: string): Promise<JobHandle> {
  const response = await fetch(`${harness.emulator.url}/v2/sleep/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test' },
    body: JSON.stringify({ input: { ...MINUTE, mark } }),
  });
  const { id } = (await response.json()) as { id: string };
  return { jobId: id } as JobHandle;
}

/** Runs whose worker got so far in their submit and no farther when they were terminated. */
async function terminatedInSubmit(phases: Readonly<Record<string, unknown>>): Promise<Run<unknown>[]> {
  const connection = await NativeConnection.connect({ address: temporal().address });
  const deps = createDeps(harness.config, {}, async () => []);
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const stuck = await Worker.create({
    connection,
    taskQueue: harness.taskQueue,
    workflowBundle: { codePath: inject('workflowBundle') },
    activities: {
      ...createActivities(deps),
      async submitJob({ input }: { input: { mark: string } }) {
        await getClient().activity.heartbeat(activityInfo().taskToken, phases[input.mark]);
        await released;
      },
    },
  });
  const running = stuck.run();
  const runs = await Promise.all(Object.keys(phases).map(startSleeper));
  for (const run of runs) {
    await until('its submit is on record', async () => (await run.status()).pendingActivities[0]?.heartbeat);
    await handleOf(run).terminate('test');
  }
  release();
  await delay(0);
  stuck.shutdown();
  await running;
  await deps.close();
  await connection.close();
  return runs;
}
