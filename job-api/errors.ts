import type { RemoteJob } from './job.js';

/** The failures of the remote side, as stable codes. Each is the `type` of the Temporal failure it becomes. */
export type JobApiErrorCode =
  | 'InvalidRequest'
  | 'PayloadTooLarge'
  | 'Unauthorized'
  | 'InsufficientCredit'
  | 'EndpointNotFound'
  | 'JobNotFound'
  | 'RateLimited'
  | 'Unavailable'
  | 'SubmitAmbiguous'
  | 'ProtocolError';

export interface JobApiErrorOptions {
  readonly cause?: unknown;
  /** HTTP status, where there was an answer; or what the provider's envelope inside it amounts to. */
  readonly httpStatus?: number;
  /** What the provider asked us to wait, from `Retry-After`. */
  readonly retryAfterMs?: number;
  /** The answer's body, cut to 2 KiB. */
  readonly body?: string;
}

/** Base of everything that `JobApi` rejects with. */
export abstract class JobApiError extends Error {
  abstract readonly code: JobApiErrorCode;
  /** Whether the same request may succeed later, and is safe to repeat. */
  abstract readonly retryable: boolean;
  readonly httpStatus: number | undefined;
  readonly retryAfterMs: number | undefined;
  readonly body: string | undefined;

  constructor(message: string, options: JobApiErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.httpStatus = options.httpStatus;
    this.retryAfterMs = options.retryAfterMs;
    this.body = options.body;
  }
}

/** The provider refused the request as malformed (400), or the dialect has no such operation. */
export class InvalidRequest extends JobApiError {
  readonly code = 'InvalidRequest';
  readonly retryable = false;
}

/** The body is over the provider's limit. RunPod says 400 with a text, not 413. */
export class PayloadTooLarge extends JobApiError {
  readonly code = 'PayloadTooLarge';
  readonly retryable = false;
}

/**
 * The key is missing or wrong (401, 403). Retryable where the provider says so too while it can't check keys: a refusal
 * of a key that was good a minute ago may pass. To be repeated for a bounded time.
 */
export class Unauthorized extends JobApiError {
  readonly code = 'Unauthorized';
  readonly retryable: boolean;

  constructor(
    message: string,
    { transient = false, ...options }: JobApiErrorOptions & { readonly transient?: boolean } = {},
  ) {
    super(message, options);
    this.retryable = transient;
  }
}

/** The account has no credit left (402). */
export class InsufficientCredit extends JobApiError {
  readonly code = 'InsufficientCredit';
  readonly retryable = false;
}

/** There is no such endpoint (404 without a job, or with a body that says so). */
export class EndpointNotFound extends JobApiError {
  readonly code = 'EndpointNotFound';
  readonly retryable = false;
}

/** The provider knows no such job: an observation, not an end. It may be too fresh, expired, or killed by its ttl. */
export class JobNotFound extends JobApiError {
  readonly code = 'JobNotFound';
  readonly retryable = false;
}

/** Too many requests (429): certainly not carried out. */
export class RateLimited extends JobApiError {
  readonly code = 'RateLimited';
  readonly retryable = true;
}

/**
 * We held the request back ourselves, to stay within the provider's limits: nothing was sent. `retryAfterMs` is an
 * appointment: by then there should be room.
 */
export class HeldBack extends RateLimited {}

/** No usable answer to a request that is safe to repeat: refused connection, time-out or 5xx on a read. */
export class Unavailable extends JobApiError {
  readonly code = 'Unavailable';
  readonly retryable = true;
}

/** A job as a broken answer names it. */
export type NamedJob = Pick<RemoteJob, 'jobId' | 'endpointId'>;

/** A submit whose fate is not known: the bytes left, and no answer says whether a job was made. Never repeated blindly. */
export class SubmitAmbiguous extends JobApiError {
  readonly code = 'SubmitAmbiguous';
  readonly retryable = false;
  /**
   * The job that the answer names, where there was one with a status of success that can't be read as a whole. A hint: the
   * submit made it if its `status` can be read.
   */
  readonly job: NamedJob | undefined;

  constructor(message: string, { job, ...options }: JobApiErrorOptions & { readonly job?: NamedJob } = {}) {
    super(message, options);
    this.job = job;
  }
}

/** An answer that is not what the dialect says. */
export class ProtocolError extends JobApiError {
  readonly code = 'ProtocolError';
  readonly retryable = true;
}
