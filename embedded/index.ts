/** The whole stack in one process: Temporal's dev server, the emulator and a worker. For the command line, `./testing` and the examples. */
export {
  type DevServer,
  DevServerFailed,
  type DevServerOptions,
  type SearchAttributeType,
  startDevServer,
} from './dev-server.js';
export { PortInUse } from './ports.js';
export { type Stack, type StackOptions, startStack } from './stack.js';
export { StateInUse } from './state-lock.js';
export { type FindCliOptions, findTemporalCli, type TemporalCli, TemporalCliNotFound } from './temporal-cli.js';
