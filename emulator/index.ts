/**
 * The emulator: a local job API for tests and for the embedded stack. Everybody may come in; it knows nothing of
 * Temporal, and of `job-api/` only the types.
 */
export type { Clock } from './clock.js';
export { type Fault, InvalidFault } from './fault.js';
export type { GatewayOptions } from './gateway/gateway.js';
export type { Surface } from './gateway/routing.js';
export type { EndpointDefinition, Handler, HandlerContext } from './handler.js';
export type { LedgerEntry } from './ledger.js';
export type { SubmodelOptions } from './routes/submodel.js';
export { type Emulator, type EmulatorOptions, startEmulator } from './server.js';
export { TestClock, type TestClockOptions } from './test-clock.js';
export { type WorkerPlace, workerEnvironment } from './worker-environment.js';
export type { UnavailableWorkers } from './worker-pool.js';
