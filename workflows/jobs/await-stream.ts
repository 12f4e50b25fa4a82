import type { ActivityOptions } from '@temporalio/workflow';
import type { AwaitJobRequest, CompletedJob } from '../../activities/contract.js';
import type { JobSettings } from '../plan.js';
import { runActivity } from '../run-activity.js';
import type { KeptStream } from './kept-stream.js';

/** Waits for a job whose stream is read. It is asked for its chunks all the while, so no webhook need wake anybody. */
export function awaitStream(
  mode: NonNullable<JobSettings['stream']>,
  request: AwaitJobRequest,
  call: Pick<ActivityOptions, 'summary' | 'scheduleToCloseTimeout'> & { readonly activityId: string },
  stream: KeptStream | undefined,
): Promise<CompletedJob> {
  stream?.readBy(call.activityId);
  const log = stream?.log;
  return runActivity('streamJob', { ...request, stream: mode, ...(log && { log }) }, call);
}

/** Completed while nobody read its stream to the end, and its worker keeps no list of its chunks: that is no output. */
export function isUnread({ stream }: JobSettings, { output }: CompletedJob): boolean {
  return stream !== undefined && Array.isArray(output) && output.length === 0;
}
