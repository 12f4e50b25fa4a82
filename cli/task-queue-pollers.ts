import type { TemporalConnection } from '../client/connect.js';

/** A worker asks anew at least once a minute; the server remembers those that are gone for five. */
const ALIVE_MS = 70_000;

/** `temporal.api.enums.v1.TaskQueueType` */
const TASK_QUEUE_TYPES = { workflow: 1, activity: 2 } as const;

export type PollerKind = keyof typeof TASK_QUEUE_TYPES;

export interface PollerQuery {
  readonly taskQueue: string;
  readonly kind: PollerKind;
  /** Only workers of the machine, or container, of this name: the SDK calls a worker `pid@hostname`. */
  readonly hostname?: string;
}

/** Whether a worker polls a task queue. */
export async function hasPoller(
  { connection, namespace }: TemporalConnection,
  { taskQueue, kind, hostname }: PollerQuery,
): Promise<boolean> {
  const { pollers } = await connection.workflowService.describeTaskQueue({
    namespace,
    taskQueue: { name: taskQueue },
    taskQueueType: TASK_QUEUE_TYPES[kind],
  });
  return (pollers ?? []).some(
    ({ lastAccessTime, identity }) =>
      Number(lastAccessTime?.seconds ?? 0) * 1_000 > Date.now() - ALIVE_MS &&
      (hostname === undefined || identity?.endsWith(`@${hostname}`)),
  );
}
