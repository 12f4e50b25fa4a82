import type { SubmitRequest } from './job.js';
import type { JobApi } from './job-api.js';

/** What can be asked of an endpoint: the method names of {@link JobApi}. */
export type Operation = keyof Omit<JobApi, 'unsupported' | 'maxBodyBytes' | 'close'>;

interface OnEndpoint<O extends Operation> {
  readonly operation: O;
  readonly endpointId: string;
}
interface OnJob<O extends Operation> extends OnEndpoint<O> {
  readonly jobId: string;
}
interface Waiting {
  readonly waitMs: number;
}
interface Submitting {
  readonly submit: SubmitRequest;
}

/** A call that may make a job, and cost money: the only kind that must never be repeated blindly. */
export type SubmitCall = (OnEndpoint<'run'> & Submitting) | (OnEndpoint<'runSync'> & Submitting & Waiting);

/** A call about a job that is there already. */
export type JobCall =
  | OnJob<'status'>
  | (OnJob<'statusSync'> & Waiting)
  | (OnJob<'stream'> & Waiting)
  | OnJob<'cancel'>
  | OnJob<'retry'>;

/** One request to a provider, before a dialect puts it into words. */
export type Call = SubmitCall | JobCall | OnEndpoint<'purgeQueue'> | OnEndpoint<'health'>;

/** The calls that are answered with a job. */
export type JobAnswerCall = Exclude<Call, { readonly operation: 'stream' | 'purgeQueue' | 'health' }>;

export function isSubmit(call: Call): call is SubmitCall {
  return call.operation === 'run' || call.operation === 'runSync';
}

/** The subject of an error's sentence: `status of job "…" on endpoint "…"`. */
export function describeCall(call: Call): string {
  const job = 'jobId' in call ? ` of job ${JSON.stringify(call.jobId)}` : '';
  return `${call.operation}${job} on endpoint ${JSON.stringify(call.endpointId)}`;
}
