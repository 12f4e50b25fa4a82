/** What a worker registers: every export of this file is a workflow type. Pinned names. */
export { job } from './job.js';
export { nested } from './nested.js';
export { pipeline } from './pipeline.js';
export { reap } from './reap.js';
export { slice } from './slice.js';
