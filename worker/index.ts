/** Runs the workflows and activities of this package in a process of one's own. */
export { registerSearchAttributes } from './search-attributes.js';
export { connect, type TemporalOptions, type TemporalTarget, temporalTarget } from './temporal.js';
export { type RunningWorker, type StartWorkerOptions, startWorker, WORKFLOW_BUNDLE } from './worker.js';
