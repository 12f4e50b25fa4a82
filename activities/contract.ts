/**
 * What each activity takes and returns: one object in, one object out, new fields optional for ever, since open
 * histories hold them. Types only, so that workflow code may import it.
 */
import type { EndpointHealth, RemoteJob } from '../job-api/job.js';
import type { JsonValue } from '../job-api/json.js';
import type { Intake, JobPlan, NestedSettings, RecordedPlan } from '../workflows/plan.js';
import type { EvaluateRequest, EvaluateResult } from './evaluate-contract.js';
import type {
  AwaitJobRequest,
  CancelJobRequest,
  CancelJobResult,
  CompletedJob,
  JobReference,
  RunJobSyncRequest,
  RunJobSyncResult,
  SubmitJobRequest,
  SubmitJobResult,
} from './job-contract.js';
import type { FindUnsettledRequest, FindUnsettledResult, SettleRunRequest, SettleRunResult } from './reap-contract.js';
import type { GatherRequest, GatherResult, ItemResults, OpenSliceRequest, OpenSliceResult } from './slice-contract.js';
import type { StreamJobRequest } from './stream-contract.js';

export type * from './evaluate-contract.js';
export type * from './job-contract.js';
export type * from './reap-contract.js';
export type * from './slice-contract.js';
export type * from './stream-contract.js';

/** Anything at all: `intake` is where an input is checked. */
export type IntakeRequest =
  | { readonly kind: 'job'; readonly input: unknown }
  | { readonly kind: 'pipeline'; readonly input: unknown }
  /** Of a pipeline that was checked with the one around it; only its input is new. In stored form. */
  | {
      readonly kind: 'nested';
      readonly settings: NestedSettings;
      readonly input: JsonValue;
      readonly tenant?: string;
    };

export interface EndpointReference {
  readonly provider: string;
  readonly endpointId: string;
}

/** Every activity, by its type. */
export interface Activities {
  intake(request: Extract<IntakeRequest, { kind: 'job' }>): Promise<Intake<JobPlan>>;
  intake(request: Extract<IntakeRequest, { kind: 'pipeline' | 'nested' }>): Promise<Intake<RecordedPlan>>;
  evaluate(request: EvaluateRequest): Promise<EvaluateResult>;
  openSlice(request: OpenSliceRequest): Promise<OpenSliceResult>;
  storeResults(request: ItemResults): Promise<{ readonly part: JsonValue }>;
  gather(request: GatherRequest): Promise<GatherResult>;
  submitJob(request: SubmitJobRequest): Promise<SubmitJobResult>;
  awaitJob(request: AwaitJobRequest): Promise<CompletedJob>;
  cancelJob(request: CancelJobRequest): Promise<CancelJobResult>;
  runJobSync(request: RunJobSyncRequest): Promise<RunJobSyncResult>;
  getJobStatus(request: JobReference): Promise<{ readonly job: RemoteJob }>;
  streamJob(request: StreamJobRequest): Promise<CompletedJob>;
  retryJob(request: JobReference): Promise<{ readonly job: RemoteJob }>;
  purgeQueue(request: EndpointReference): Promise<{ readonly removed: number }>;
  getEndpointHealth(request: EndpointReference): Promise<EndpointHealth>;
  findUnsettled(request: FindUnsettledRequest): Promise<FindUnsettledResult>;
  settleRun(request: SettleRunRequest): Promise<SettleRunResult>;
}
