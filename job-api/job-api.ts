import type { EndpointHealth, RemoteJob, StreamRead, SubmitRequest } from './job.js';

/** Every request takes both; the defaults of `timeoutMs` stand with the implementation. */
export interface CallOptions {
  /** Ends the request; the promise then rejects with the signal's own reason, unclassified. */
  readonly signal?: AbortSignal;
  /** Time for the whole exchange. Over it a read is `Unavailable` and a submit `SubmitAmbiguous`. */
  readonly timeoutMs?: number;
}

export interface WaitOptions extends CallOptions {
  /** How long the provider may hold the request, 1,000 to 300,000 ms. */
  readonly waitMs?: number;
}

/**
 * The operations of one provider account. Every method rejects with a {@link JobApiError} (or the abort reason) and
 * with nothing else.
 */
export interface JobApi {
  /** Operations that this dialect has no request for; calling one rejects with `InvalidRequest` before any request. */
  readonly unsupported: ReadonlySet<keyof Omit<JobApi, 'unsupported' | 'maxBodyBytes' | 'close'>>;
  /** Largest request body of `run` that the provider takes. */
  readonly maxBodyBytes: number;
  run(endpointId: string, request: SubmitRequest, options?: CallOptions): Promise<RemoteJob>;
  runSync(endpointId: string, request: SubmitRequest, options?: WaitOptions): Promise<RemoteJob>;
  status(endpointId: string, jobId: string, options?: CallOptions): Promise<RemoteJob>;
  /** Long poll: answers when the job has ended or the wait is over. */
  statusSync(endpointId: string, jobId: string, options?: WaitOptions): Promise<RemoteJob>;
  stream(endpointId: string, jobId: string, options?: WaitOptions): Promise<StreamRead>;
  cancel(endpointId: string, jobId: string, options?: CallOptions): Promise<RemoteJob>;
  /** Puts a FAILED or TIMED_OUT job back into the queue under the same id. */
  retry(endpointId: string, jobId: string, options?: CallOptions): Promise<RemoteJob>;
  purgeQueue(endpointId: string, options?: CallOptions): Promise<{ readonly removed: number }>;
  health(endpointId: string, options?: CallOptions): Promise<EndpointHealth>;
  /** Closes the connection pool. */
  close(): Promise<void>;
}
