import { randomUUID } from 'node:crypto';
import { activityInfo, getClient } from '@temporalio/activity';
import type { ScheduleHandle } from '@temporalio/client';
import { NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, inject } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import type { JobResult, Run } from '../../../client/index.js';
import type { JobApi, JobHandle } from '../../../job-api/index.js';
import { createDeps, type RunningWorker, startWorker } from '../../../worker/index.js';
import { awaitTaskQueueOf, SEARCH_ATTRIBUTES, type SearchAttributeName } from '../../../workflows/contract.js';
import type { ReapInput, ReapResult } from '../../../workflows/reap-contract.js';
import { type Harness, startHarness, until } from '../harness.js';

export const MINUTE = { ms: 60_000 };

/** Of the test file that runs, with no worker but those it starts. */
export let harness: Harness;

/** Said by each test file for itself: files share the modules that a process has loaded. */
export function useHarness(): void {
  beforeAll(async () => {
    harness = await startHarness({ worker: false });
  });
  afterAll(() => harness.stop());
}

export const jobsMarked = (mark: string) => harness.emulator.jobs().filter(({ input }) => Object(input).mark === mark);
export const statusOf = (mark: string) => jobsMarked(mark).map(({ status }) => status);
export const temporal = () => inject('temporal');

export function worker(): Promise<RunningWorker> {
  return startWorker({
    config: harness.config,
    env: {},
    temporal: temporal(),
    taskQueue: harness.taskQueue,
    workflowBundle: inject('workflowBundle'),
    log: () => undefined,
  });
}

export const startSleeper = (mark: string) =>
  harness.relay.start('job', { endpoint: 'local/sleep', input: { ...MINUTE, mark } });
export const handleOf = ({ workflowId, runId }: Run<unknown>) => harness.temporal.workflow.getHandle(workflowId, runId);

export async function untilAwaited(run: Run<unknown>): Promise<void> {
  await until('its job is awaited', async () => {
    const [activity] = (await run.status()).pendingActivities;
    return activity?.type === 'awaitJob' && activity.state === 'running' && activity.heartbeat;
  });
}

/** Starts runs, waits until their jobs are awaited, and terminates them when no worker is there to notice. */
export async function terminatedUnnoticed(marks: readonly string[]): Promise<Run<JobResult>[]> {
  const first = await worker();
  const runs = await Promise.all(marks.map(startSleeper));
  for (const run of runs) await untilAwaited(run);
  await first.shutdown();
  for (const run of runs) await handleOf(run).terminate('test');
  return runs;
}

export async function untilListed(runs: readonly Run<unknown>[]): Promise<void> {
  const query = `TaskQueue = "${harness.taskQueue}" AND ExecutionStatus = "Terminated"`;
  const ids = new Set(runs.map(({ runId }) => runId));
  await until('visibility tells of all', async () => {
    let found = 0;
    for await (const { runId } of harness.temporal.workflow.list({ query })) if (ids.has(runId)) found += 1;
    return found === ids.size;
  });
}

export async function withWorker<T>(body: () => Promise<T>): Promise<T> {
  const running = await worker();
  try {
    return await body();
  } finally {
    await running.shutdown();
  }
}

/** A pass, and those that follow it, as a schedule starts them. */
export async function reapOnce(given: Partial<ReapInput>): Promise<ReapResult> {
  return await harness.temporal.workflow.execute('reap', {
    workflowId: `reap-${randomUUID()}`,
    taskQueue: harness.taskQueue,
    args: [input(given)],
  });
}

export const input = (given: Partial<ReapInput>): ReapInput => ({ taskQueue: harness.taskQueue, ...given });

/** A schedule that starts it when it is told to, and hands each start the result of the one before. */
export async function scheduled(given: Partial<ReapInput>): Promise<ScheduleHandle> {
  const scheduleId = `reap-${randomUUID()}`;
  return await harness.temporal.schedule.create({
    scheduleId,
    spec: {},
    action: {
      type: 'startWorkflow',
      workflowType: 'reap',
      workflowId: scheduleId,
      taskQueue: harness.taskQueue,
      args: [input(given)],
    },
  });
}

/** Of all starts, once there are so many, the first of them first. */
export async function resultsAfterTrigger(schedule: ScheduleHandle, starts: number): Promise<ReapResult[]> {
  await schedule.trigger();
  const actions = await until('it was started', async () => {
    const { recentActions } = (await schedule.describe()).info;
    return recentActions.length === starts ? recentActions : undefined;
  });
  const results = actions.map(({ action: { workflow } }) =>
    harness.temporal.workflow.getHandle(workflow.workflowId, workflow.firstExecutionRunId).result(),
  );
  return (await Promise.all(results)) as ReapResult[];
}

/** Resets a run to the first of its workflow tasks, or to the last. */
export async function reset(run: Run<unknown>, to: 'first' | 'last'): Promise<void> {
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
export async function submitByHand(mark: string): Promise<JobHandle> {
  const response = await fetch(`${harness.emulator.url}/v2/sleep/run`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: 'Bearer test' },
    body: JSON.stringify({ input: { ...MINUTE, mark } }),
  });
  const { id } = (await response.json()) as { id: string };
  return { jobId: id } as JobHandle;
}

/** Runs a worker some of whose activities are replaced, or which asks providers by what `change` makes of their clients. */
export async function withActivities<T>(
  activities: object,
  body: () => Promise<T>,
  change: (api: JobApi) => JobApi = (api) => api,
): Promise<T> {
  const connection = await NativeConnection.connect({ address: temporal().address });
  const registered = Object.keys(SEARCH_ATTRIBUTES) as SearchAttributeName[];
  const deps = createDeps(harness.config, {}, async () => registered);
  const changed = { ...deps, jobApi: (provider: string) => change(deps.jobApi(provider)) };
  const options = { connection, activities: { ...createActivities(changed), ...activities } };
  const { taskQueue } = harness;
  const workflowBundle = { codePath: inject('workflowBundle') };
  const workers = [
    await Worker.create({ ...options, taskQueue, workflowBundle }),
    await Worker.create({ ...options, taskQueue: awaitTaskQueueOf(taskQueue) }),
  ];
  const running = workers.map((made) => made.run());
  try {
    return await body();
  } finally {
    for (const made of workers) made.shutdown();
    await Promise.all(running);
    await deps.close();
    await connection.close();
  }
}

/** Runs a worker that hears no answer to a submit before that is released. */
export async function withHeldAnswers<T>(body: (release: () => void) => Promise<T>): Promise<T> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const holding = (api: JobApi): JobApi =>
    new Proxy(api, {
      get(_, name: keyof JobApi) {
        if (name === 'run') return (...args: Parameters<JobApi['run']>) => api.run(...args).finally(() => released);
        const value = api[name];
        return typeof value === 'function' ? value.bind(api) : value;
      },
    });
  return await withActivities({}, () => body(release), holding);
}

/** Runs whose worker got so far in their submit and no farther when they were terminated. */
export async function terminatedInSubmit(phases: Readonly<Record<string, unknown>>): Promise<Run<unknown>[]> {
  let release = () => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  const submitJob = async ({ input }: { input: { mark: string } }) => {
    await getClient().activity.heartbeat(activityInfo().taskToken, phases[input.mark]);
    await released;
  };
  return await withActivities({ submitJob }, async () => {
    const runs = await Promise.all(Object.keys(phases).map(startSleeper));
    for (const run of runs) {
      await until('its submit is on record', async () => (await run.status()).pendingActivities[0]?.heartbeat);
      await handleOf(run).terminate('test');
    }
    release();
    return runs;
  });
}
