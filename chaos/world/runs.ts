/** Starts and ends runs as their callers would, who try again while the server is away. */
import { setTimeout as delay } from 'node:timers/promises';
import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import type { PlannedExit } from '../plan/load.js';

const CALL_MS = 5_000;
const AGAIN_MS = 300;
/** A server that is away for longer will not come back. */
const GIVE_UP_MS = 120_000;

export interface RunStart {
  readonly type: string;
  readonly workflowId: string;
  readonly taskQueue: string;
  readonly input: unknown;
  /** After which Temporal ends the run. */
  readonly timeoutMs?: number;
}

/** Resolves when the server has the run. */
export async function startRun(client: Client, start: RunStart): Promise<void> {
  const { type, workflowId, taskQueue, input, timeoutMs } = start;
  await untilDone(client, async () => {
    try {
      await client.workflow.start(type, {
        ...{ workflowId, taskQueue, args: [input] },
        ...(timeoutMs !== undefined && { workflowExecutionTimeout: timeoutMs }),
      });
    } catch (error) {
      // It was, when the server died before it could say so.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  });
}

/** Ends a run from outside, if it still runs. */
export async function endRun(client: Client, workflowId: string, exit: PlannedExit): Promise<void> {
  if (exit !== 'cancel' && exit !== 'terminate') return;
  await untilDone(client, async () => {
    const handle = client.workflow.getHandle(workflowId);
    try {
      await (exit === 'cancel' ? handle.cancel() : handle.terminate('as planned'));
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  });
}

export interface Patience {
  readonly callMs: number;
  readonly giveUpMs: number;
}

/** Calls until it succeeds. */
export async function untilDone<T>(
  client: Client,
  call: () => Promise<T>,
  { callMs, giveUpMs }: Patience = { callMs: CALL_MS, giveUpMs: GIVE_UP_MS },
): Promise<T> {
  const giveUpAt = Date.now() + giveUpMs;
  for (;;) {
    try {
      return await client.withDeadline(Date.now() + callMs, call);
    } catch (error) {
      if (Date.now() > giveUpAt) throw error;
      await delay(AGAIN_MS);
    }
  }
}
