import { type ActivityOptions, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { Activities } from '../activities/contract.js';
import { ACTIVITY_OPTIONS, type RemoteActivity } from './activity-options.js';
import { awaitTaskQueueOf } from './contract.js';

type Call<T extends RemoteActivity> = (
  request: Parameters<Activities[T]>[0],
) => Promise<Awaited<ReturnType<Activities[T]>>>;

/** What is said for each call, beside the options of its type. */
export type ActivityCall = Pick<ActivityOptions, 'activityId' | 'summary' | 'scheduleToCloseTimeout'>;

/** Runs an activity by the options of its type, on the queues of the worker that runs this workflow. */
export async function runActivity<T extends RemoteActivity>(
  type: T,
  request: Parameters<Activities[T]>[0],
  perCall: ActivityCall,
): Promise<Awaited<ReturnType<Activities[T]>>> {
  const { queue, ...options } = ACTIVITY_OPTIONS[type];
  const { taskQueue } = workflowInfo();
  const activities = proxyActivities({
    ...options,
    ...perCall,
    taskQueue: queue === 'await' ? awaitTaskQueueOf(taskQueue) : taskQueue,
  });
  const call = activities[type] as unknown as Call<T>;
  return await call(request);
}
