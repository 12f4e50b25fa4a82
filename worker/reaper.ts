import { setTimeout as delay } from 'node:timers/promises';
import {
  Client,
  type ConnectionLike,
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  ScheduleOverlapPolicy,
} from '@temporalio/client';
import type { DataConverter } from '@temporalio/common';
import { countRuns } from '../activities/findUnsettled.js';
import { closedUnsettledQuery } from '../activities/unsettled-runs.js';
import type { Config } from '../config/index.js';
import { reapScheduleId, type SearchAttributeName, WORKFLOW_TYPES } from '../workflows/contract.js';
import type { ReapInput } from '../workflows/reap-contract.js';

/** How often a worker asks whether a run was terminated: one count, of milliseconds. */
const COUNT_EVERY_MS = 20_000;
/** Between a run's close and visibility's telling of it, mostly. What takes longer the schedule finds. */
const VISIBILITY_LAG_MS = 10_000;
const CALL_TIMEOUT_MS = 10_000;

export interface ReaperOptions {
  readonly connection: ConnectionLike;
  readonly namespace: string;
  /** Whose runs it looks after. */
  readonly taskQueue: string;
  /** Where a worker has the workflow `reap`. */
  readonly reapTaskQueue: string;
  readonly config: Pick<Config, 'reap'>;
  /** That of the runs. */
  readonly dataConverter?: DataConverter;
  searchAttributes(): Promise<readonly SearchAttributeName[]>;
  readonly log: (line: string) => void;
  /** For tests; 20,000 where absent. */
  readonly countEveryMs?: number;
}

export interface Reaper {
  /** Ends the counting; the schedule stays. What is under way ends with the connection. */
  stop(): void;
}

/** Where the configuration names no other. */
export const REAP_EVERY_MS = 3_600_000;

/**
 * Sets up the schedule of `reap`, unless there is one, and starts it out of turn when a run was terminated or timed out: a
 * job whose activity was between two attempts then has nobody else. Every worker counts, and the schedule lets one start
 * wait at most, so that many workers start little more than one. Never fails: without it runs go on as ever.
 */
export function startReaper(options: ReaperOptions): Reaper {
  const { connection, namespace, taskQueue, config, dataConverter, log, countEveryMs = COUNT_EVERY_MS } = options;
  if (config.reap === 'off') return { stop: () => undefined };
  const everyMs = config.reap?.everyMs ?? REAP_EVERY_MS;
  const client = new Client({ connection, namespace, ...(dataConverter && { dataConverter }) });
  const stopped = new AbortController();
  /** What it was told of last, so that an operator reads of a trouble once. */
  let trouble: string | undefined;
  // A run may have been terminated while no worker was there to count.
  let sinceMs = Date.now() - everyMs;
  let isSetUp = false;

  async function tick(): Promise<void> {
    const nowMs = Date.now();
    try {
      if (!isSetUp) await call(() => createSchedule(client, options, everyMs));
      isSetUp = true;
      const registered = await options.searchAttributes();
      const query = closedUnsettledQuery({ taskQueue, registered }, new Date(sinceMs), new Date(nowMs));
      if ((await countRuns(client, query)) > 0) await call(() => trigger(client, taskQueue));
      sinceMs = nowMs - VISIBILITY_LAG_MS;
      trouble = undefined;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) isSetUp = false;
      const message = error instanceof Error ? describe(error) : String(error);
      if (!stopped.signal.aborted && message !== trouble) log(`reap: ${message}; tried again`);
      trouble = message;
    }
  }

  const call = <T>(body: () => Promise<T>) => client.withDeadline(Date.now() + CALL_TIMEOUT_MS, body);
  void (async () => {
    while (!stopped.signal.aborted) {
      await tick();
      const pauseMs = countEveryMs * (0.9 + Math.random() * 0.2);
      await delay(pauseMs, undefined, { signal: stopped.signal, ref: false }).catch(() => undefined);
    }
  })();
  return { stop: () => stopped.abort() };
}

/** One that is there already is left as it is: a person may have changed it. */
async function createSchedule(
  client: Client,
  { taskQueue, reapTaskQueue }: ReaperOptions,
  everyMs: number,
): Promise<void> {
  const id = reapScheduleId(taskQueue);
  const input: ReapInput = { taskQueue };
  try {
    await client.schedule.create({
      scheduleId: id,
      spec: { intervals: [{ every: everyMs }], jitter: Math.min(60_000, everyMs / 10) },
      action: {
        type: 'startWorkflow',
        workflowType: WORKFLOW_TYPES.reap,
        workflowId: id,
        taskQueue: reapTaskQueue,
        args: [input],
        staticSummary: `settle jobs that runs on ${taskQueue} left behind`,
      },
      // The one that waits sees what closed while the one before it listed.
      policies: { overlap: ScheduleOverlapPolicy.BUFFER_ONE, catchupWindow: '1m' },
    });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

async function trigger(client: Client, taskQueue: string): Promise<void> {
  await client.schedule.getHandle(reapScheduleId(taskQueue)).trigger(ScheduleOverlapPolicy.BUFFER_ONE);
}

function describe({ message, cause }: Error): string {
  const details = cause instanceof Error ? ` (${cause.message})` : '';
  return `${message}${details}`;
}
