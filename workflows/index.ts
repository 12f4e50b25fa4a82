/**
 * For workflow code: run jobs from workflows of your own, register ours beside them, or look at their shapes. Sandbox-safe:
 * nothing here reaches Node, zod or HTTP. The worker gets the activities from `jobRelayPlugin` of `jobrelay/worker`.
 */
export * from './contract.js';
export { type ExecuteJobOptions, executeJob, withFailover } from './execute-job.js';
export { job } from './job.js';
export { type MapJobsOptions, type MappedJob, mapJobs } from './map-jobs.js';
export { nested } from './nested.js';
export { pipeline } from './pipeline.js';
export { reap } from './reap.js';
export type * from './reap-contract.js';
export { slice } from './slice.js';
