import type { SubmitRequest } from '../job.js';

/** What can be asked of an endpoint: the method names of `JobApi`. */
export const OPERATIONS = [
  'run',
  'runSync',
  'status',
  'statusSync',
  'stream',
  'cancel',
  'retry',
  'purgeQueue',
  'health',
] as const;

export type Operation = (typeof OPERATIONS)[number];

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
export type SubmitOperation = SubmitCall['operation'];

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

const ABOUT_A_JOB: ReadonlySet<Operation> = new Set<JobCall['operation']>([
  'status',
  'statusSync',
  'stream',
  'cancel',
  'retry',
]);

/** True for an operation whose request names a job. */
export function isAboutJob(operation: Operation): boolean {
  return ABOUT_A_JOB.has(operation);
}

/** True for an operation that may make a job. */
export function isSubmitOperation(operation: Operation): operation is SubmitOperation {
  return operation === 'run' || operation === 'runSync';
}

export function isSubmit(call: Call): call is SubmitCall {
  return isSubmitOperation(call.operation);
}

/** The subject of an error's sentence: `status of job "…" on endpoint "…"`. */
export function describeCall(call: Call): string {
  const job = 'jobId' in call ? ` of job ${JSON.stringify(call.jobId)}` : '';
  return `${call.operation}${job} on endpoint ${JSON.stringify(call.endpointId)}`;
}
