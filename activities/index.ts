/**
 * The activities, for workers: one function an operation, named as its file. `createActivities` gives them what they
 * work with; the result is registered with a Temporal worker as it is.
 */
import { awaitJob } from './awaitJob.js';
import { cancelJob } from './cancelJob.js';
import type { ActivityDeps } from './deps.js';
import { evaluate } from './evaluate.js';
import { findUnsettled } from './findUnsettled.js';
import { gather } from './gather.js';
import { getEndpointHealth } from './getEndpointHealth.js';
import { getJobStatus } from './getJobStatus.js';
import { intake } from './intake.js';
import { openSlice } from './openSlice.js';
import { purgeQueue } from './purgeQueue.js';
import { retryJob } from './retryJob.js';
import { runJobSync } from './runJobSync.js';
import { settleRun } from './settleRun.js';
import { storeResults } from './storeResults.js';
import { streamJob } from './streamJob.js';
import { submitJob } from './submitJob.js';

export { Downloader } from './capture/download.js';
export type * from './contract.js';
export type { ActivityDeps } from './deps.js';
export type { JobWebhooks, SubmitKey } from './webhooks.js';

const operations = {
  intake,
  evaluate,
  openSlice,
  storeResults,
  gather,
  submitJob,
  awaitJob,
  cancelJob,
  runJobSync,
  getJobStatus,
  streamJob,
  retryJob,
  purgeQueue,
  getEndpointHealth,
  findUnsettled,
  settleRun,
} as const;

/** Each operation without its second argument: what Temporal calls. */
export type BoundActivities = {
  readonly [K in keyof typeof operations]: (
    request: Parameters<(typeof operations)[K]>[0],
  ) => ReturnType<(typeof operations)[K]>;
};

/** Binds every activity to its collaborators. */
export function createActivities(deps: ActivityDeps): BoundActivities {
  const bound = Object.entries(operations).map(([type, operation]) => [
    type,
    (request: never) => (operation as (request: never, deps: ActivityDeps) => Promise<unknown>)(request, deps),
  ]);
  return Object.fromEntries(bound) as BoundActivities;
}
