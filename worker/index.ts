/**
 * Runs the workflows and activities of this package in a process of one's own.
 *
 * @example
 * import { loadConfig, startWorker } from 'jobrelay/worker';
 *
 * const worker = await startWorker({ config: await loadConfig() });
 * process.once('SIGTERM', () => worker.shutdown());
 * await worker.done;
 *
 * Or gives them to a worker that you make yourself, with workflows of your own: see `jobRelayPlugin`.
 */
export { type Config, ConfigError, type LoadOptions, loadConfig } from '../config/index.js';
export { createDataConverter, InvalidEncryptionKeys } from '../encryption/index.js';
export type { Deployment, Versioning } from './deployment.js';
export { createDeps, type WorkerDeps } from './deps.js';
export { jobRelayPlugin, type PluginOptions } from './plugin.js';
export { registerSearchAttributes } from './search-attributes.js';
export { connect, type TemporalOptions, type TemporalTarget, temporalTarget } from './temporal.js';
export { type RunningWorker, type StartWorkerOptions, startWorker } from './worker.js';
export { WORKFLOW_BUNDLE } from './workflow-bundle.js';
