/**
 * For people who register our workflows with a worker of their own, or look at their shapes. Sandbox-safe: nothing here
 * reaches Node, zod or HTTP.
 */
export * from './contract.js';
export { job } from './job.js';
export { pipeline } from './pipeline.js';
