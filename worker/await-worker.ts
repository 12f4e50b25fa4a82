import { Worker, type WorkerOptions } from '@temporalio/worker';
import { awaitTaskQueueOf } from '../workflows/contract.js';

/** Jobs that one process waits for at once; a waiting job costs a timer and, at times, a held request. */
const AWAIT_SLOTS = 2_000;

/**
 * What waits for a job is left for the next worker, and need not be waited for. What must finish (a submit under way, a
 * cancel) does not listen to this and has the force time.
 */
export const SHUTDOWN = { shutdownGraceTime: '1s', shutdownForceTime: '45s' } as const;

/** The worker for what waits, beside the one on `taskQueue` that runs the workflows. */
export async function createAwaitWorker({
  taskQueue,
  ...options
}: Pick<
  WorkerOptions,
  | 'connection'
  | 'namespace'
  | 'taskQueue'
  | 'activities'
  | 'dataConverter'
  | 'identity'
  | 'workflowBundle'
  | 'workerDeploymentOptions'
>): Promise<Worker> {
  return await Worker.create({
    ...options,
    ...SHUTDOWN,
    taskQueue: awaitTaskQueueOf(taskQueue),
    maxConcurrentActivityTaskExecutions: AWAIT_SLOTS,
    activityTaskPollerBehavior: { type: 'autoscaling' },
  });
}
