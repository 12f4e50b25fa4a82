/** The remote side: one provider's job API as plain promises. For anyone; it needs no Temporal. */

export { Circuit, type CircuitChange, CircuitOpen, type CircuitOptions, canStartNone } from './circuits/circuit.js';
export type { CircuitCause, CircuitEvent, CircuitSettings, CircuitState } from './circuits/circuit-state.js';
export { classifyEnd, type JobEnd, type JobEndError } from './classify.js';
export {
  createJobApi,
  READ_TIMEOUT_MS,
  STREAM_WAIT_MS,
  SUBMIT_TIMEOUT_MS,
  SYNC_WAIT_MS,
} from './client.js';
export { type Clock, systemClock } from './clock.js';
export type { AuthHeader, Route } from './dialect.js';
export type { DialectName } from './dialects/index.js';
export {
  EndpointNotFound,
  HeldBack,
  InsufficientCredit,
  InvalidRequest,
  JobApiError,
  type JobApiErrorCode,
  type JobApiErrorOptions,
  JobNotFound,
  type NamedJob,
  PayloadTooLarge,
  ProtocolError,
  RateLimited,
  SubmitAmbiguous,
  Unauthorized,
  Unavailable,
} from './errors.js';
export type { Operation, SubmitOperation } from './http/call.js';
export {
  type EndpointHealth,
  isTerminal,
  type JobHandle,
  type JobStatus,
  type RemoteJob,
  type ReportedJob,
  type StreamChunk,
  type StreamRead,
  type SubmitRequest,
} from './job.js';
export type { CallOptions, JobApi, WaitOptions } from './job-api.js';
export type { JsonObject, JsonValue } from './json.js';
export type { AcquireOptions, Permit } from './limits/budget-limiter.js';
export { EndpointLimiter, type EndpointLimiterOptions, type ReadAllowance } from './limits/endpoint-limiter.js';
export { withLimits } from './limits/limited-job-api.js';
export {
  DOCUMENTED_LIMITS,
  type LimitedOperation,
  type Purpose,
  type RateBudget,
  type RateLimits,
  type RateWindow,
} from './limits/limits.js';
export type { SharedLimits, SharedRequest } from './limits/shared-limits.js';
export { PollSchedule, type PollScheduleOptions } from './polling/poll-schedule.js';
export type { PollSeat, PollTurn, TurnOptions } from './polling/poll-seat.js';
export type { JobApiOptions } from './provider.js';
export type { RouteOverride, RouteOverrides } from './routes.js';
