import type { Operation, SubmitOperation } from './http/call.js';
import type { EndpointHealth, ReportedJob, StreamRead, SubmitRequest } from './job.js';

/** Every request takes these; the defaults of `timeoutMs` stand with the implementation. */
export interface CallOptions {
  /** Ends the request; the promise then rejects with the signal's own reason, unclassified. */
  readonly signal?: AbortSignal;
  /**
   * Time for the whole exchange, on this side alone: the job's own limit is `policy.executionTimeoutMs`. Over it a read is
   * `Unavailable` and a submit `SubmitAmbiguous`.
   */
  readonly timeoutMs?: number;
  /**
   * Called when the request is about to leave, after everything that could still refuse it. If it throws, nothing is sent,
   * and the call rejects with what it threw.
   */
  readonly beforeSend?: () => Promise<void>;
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
  /** Operations that this provider does not have; calling one rejects with `InvalidRequest` before any request. */
  readonly unsupported: ReadonlySet<Operation>;
  /** Largest request body that the provider takes. */
  readonly maxBodyBytes: Readonly<Record<SubmitOperation, number>>;
  /** How long the provider keeps the result of an ended job, by the operation that submitted it. */
  readonly retentionMs: Readonly<Record<SubmitOperation, number>>;
  run(endpointId: string, request: SubmitRequest, options?: CallOptions): Promise<ReportedJob>;
  runSync(endpointId: string, request: SubmitRequest, options?: WaitOptions): Promise<ReportedJob>;
  status(endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob>;
  /** Long poll: answers when the job has ended or the wait is over. */
  statusSync(endpointId: string, jobId: string, options?: WaitOptions): Promise<ReportedJob>;
  stream(endpointId: string, jobId: string, options?: WaitOptions): Promise<StreamRead>;
  cancel(endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob>;
  /** Puts a FAILED or TIMED_OUT job back into the queue under the same id. */
  retry(endpointId: string, jobId: string, options?: CallOptions): Promise<ReportedJob>;
  purgeQueue(endpointId: string, options?: CallOptions): Promise<{ readonly removed: number }>;
  health(endpointId: string, options?: CallOptions): Promise<EndpointHealth>;
  /** Closes the connection pool. */
  close(): Promise<void>;
}
