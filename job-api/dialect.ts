import type { Call, JobAnswerCall, Operation } from './call.js';
import type { EndpointHealth, RemoteJob, StreamRead } from './job.js';

/** A request as a dialect words it. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  /** Below the provider's base URL, each part encoded; starts with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON text. */
  readonly body?: string;
}

/** A whole answer, whatever its status. */
export interface WireAnswer {
  readonly httpStatus: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string;
  /** When it arrived (Unix time): what a `Retry-After` date is measured from. */
  readonly receivedAtMs: number;
  /** Makes a part of the answer fit to stand in an error: without the request's secrets, and cut to 2 KiB. */
  quote(text: string): string;
}

/**
 * How a provider speaks: a description without any I/O, state or clock, so that one is a single file tested in tables.
 *
 * The readers get every answer, also those with an error status, since some providers put errors into a 200. They throw
 * a `JobApiError`. For a call that submits they do so as for any other: that a broken answer leaves the job's fate open
 * (`SubmitAmbiguous`) is the client's business, and the same for all dialects.
 */
export interface Dialect {
  readonly name: string;
  /** Largest body of `run`. */
  readonly maxBodyBytes: number;
  /** Operations that {@link request} has no words for. */
  readonly unsupported: ReadonlySet<Operation>;
  authorization(apiKey: string): Readonly<Record<string, string>>;
  /** Throws `InvalidRequest` for an id that can't be one, `PayloadTooLarge` for a body that is certain to be refused. */
  request(call: Call): WireRequest;
  readJob(call: JobAnswerCall, answer: WireAnswer): RemoteJob;
  readStream(call: Call, answer: WireAnswer): StreamRead;
  readPurge(call: Call, answer: WireAnswer): { readonly removed: number };
  readHealth(call: Call, answer: WireAnswer): EndpointHealth;
}
