/** For tests of your own pipelines and handlers: a job API and a Temporal server on this machine, gone with the test process. */
export {
  type DevServer,
  DevServerFailed,
  type DevServerOptions,
  type FindCliOptions,
  findTemporalCli,
  PortInUse,
  type SearchAttributeType,
  type Stack,
  type StackOptions,
  StateInUse,
  startDevServer,
  startStack,
  type TemporalCli,
  TemporalCliNotFound,
} from '../embedded/index.js';
export {
  type Emulator,
  type EmulatorOptions,
  type EndpointDefinition,
  type Fault,
  type Handler,
  type HandlerContext,
  InvalidFault,
  type LedgerEntry,
  startEmulator,
} from '../emulator/index.js';
