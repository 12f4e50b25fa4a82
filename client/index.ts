/**
 * The door of the package: a typed client for starting runs, following them and reading what they made. For Node;
 * workflow code imports `jobrelay/workflows` instead.
 *
 * @example
 * import { createClient, RunFailed } from 'jobrelay';
 *
 * const client = await createClient();
 * const run = await client.start('job', { endpoint: 'sdxl', input: { prompt: 'a red boat' } });
 * try {
 *   const { output } = await run.result();
 * } catch (error) {
 *   if (error instanceof RunFailed && error.type === 'QueueTimeout') ...
 * } finally {
 *   await client.close();
 * }
 */
export {
  ArtifactCorrupt,
  ArtifactMissing,
  type ArtifactRef,
  type ArtifactStore,
  type StoreSettings,
  StoreUnavailable,
} from '../artifacts/index.js';
export { createDataConverter } from '../encryption/index.js';
export type { JsonObject, JsonValue } from '../job-api/json.js';
export type {
  ApprovalDecision,
  ApprovalOnTimeout,
  ApproveRequest,
  Attempt,
  BudgetInput,
  BudgetUse,
  FailureType,
  JobFailureDetails,
  JobInput,
  JobResult,
  PipelineInput,
  PipelineResult,
  Progress,
  Settlement,
  SettleOutcome,
  StepFailedDetails,
  StepStatus,
  StepSummary,
  StreamEvent,
  StreamMode,
  StreamSummary,
  Usage,
  WaitingApproval,
} from '../workflows/contract.js';
export { type ClientOptions, createClient, type JobRelayClient, type StartOptions } from './client.js';
export {
  AccessDenied,
  ApprovalRefused,
  ClientError,
  type ClientErrorCode,
  InputTooLarge,
  InvalidInput,
  InvalidSettings,
  KeyConflict,
  NamespaceMissing,
  NoArtifactStore,
  NoWorker,
  RunCancelled,
  RunFailed,
  type RunFailureDetails,
  RunNotFound,
  RunTerminated,
  RunTimedOut,
  TemporalUnreachable,
} from './errors.js';
export type { CollectOptions, CollectReport } from './gc/collect-garbage.js';
export { UnreadablePayload } from './gc/mark.js';
export type { RunFilter, RunSummary } from './list-runs.js';
export type { StreamItem, StreamOptions } from './read-stream.js';
export type { ReapOptions, ReapReport } from './reap.js';
export type { ProgressOptions, Run } from './run.js';
export type { PendingActivity, RunState, RunStatus } from './run-status.js';
export type { BackfillSpan, CompareOptions, Schedules, TriggerOptions } from './schedules/api.js';
export type { FieldChange, ScheduleChange } from './schedules/changes.js';
export { ScheduleExists, ScheduleNotFound } from './schedules/errors.js';
export type {
  Overlap,
  Schedule,
  ScheduleDescription,
  ScheduledRun,
  ScheduledWork,
  ScheduleInput,
  ScheduleSettings,
  ScheduleSummary,
  ScheduleTiming,
} from './schedules/schedule.js';
export type { WatchOptions } from './watch-progress.js';
