import { randomUUID } from 'node:crypto';
import { type Client, ScheduleNotFoundError } from '@temporalio/client';
import { reapScheduleId, WORKFLOW_TYPES } from '../workflows/contract.js';
import type { ReapInput, ReapResult } from '../workflows/reap-contract.js';
import { translateError } from './translate-error.js';

export interface ReapOptions {
  /** Says what would be settled, and leaves it as it is. */
  readonly dryRun?: boolean;
  /** Runs that closed then or later. Absent: in the last 7 days; what was started before, its provider has deleted. */
  readonly since?: Date;
  /** Told of each run of the workflow `reap` that was started. */
  readonly onStarted?: (run: { readonly workflowId: string; readonly taskQueue: string }) => void;
}

/** What `reap` found and did. */
export type ReapReport = Omit<ReapResult, 'state'>;

export interface ReapContext {
  readonly client: Client;
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
}

/** See `JobRelayClient.reap`. */
export async function reap(options: ReapOptions, context: ReapContext): Promise<ReapReport> {
  const { client, taskQueue } = context;
  const { dryRun, since, onStarted } = options;
  const base: ReapInput = {
    taskQueue,
    since: (since ?? new Date(Date.now() - 7 * 24 * 3_600_000)).toISOString(),
    ...(dryRun && { dryRun }),
  };
  try {
    const reapTaskQueue = await taskQueueOfReap(context);
    let last: ReapResult | undefined;
    for (;;) {
      const workflowId = `${WORKFLOW_TYPES.reap}:${taskQueue}/${randomUUID()}`;
      const input: ReapInput = last ? { ...base, continued: { passes: 0, result: last } } : base;
      const handle = await client.workflow.start(WORKFLOW_TYPES.reap, {
        workflowId,
        taskQueue: reapTaskQueue,
        args: [input],
        staticSummary: `${dryRun ? 'look for' : 'settle'} jobs that runs on ${taskQueue} left behind`,
      });
      onStarted?.({ workflowId, taskQueue: reapTaskQueue });
      const result = (await handle.result()) as ReapResult;
      const { state, ...report } = result;
      // Where it did not get on, another start would not either: too many jobs could not be seen to end.
      if (!result.more || state.through === last?.state.through) return report;
      last = result;
    }
  } catch (error) {
    throw translateError(error, context);
  }
}

/** Where a worker has `reap`: workers with workflows of their author have it on the queue beside, and their schedule says so. */
async function taskQueueOfReap({ client, taskQueue }: ReapContext): Promise<string> {
  try {
    const { action } = await client.schedule.getHandle(reapScheduleId(taskQueue)).describe();
    return action.taskQueue;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return taskQueue;
    throw error;
  }
}
