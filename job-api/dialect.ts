import type { Call, JobAnswerCall, Operation, SubmitCall, SubmitOperation } from './http/call.js';
import type { EndpointHealth, RemoteJob, StreamRead } from './job.js';
import type { JsonValue } from './json.js';

/** Where an operation is. */
export interface Route {
  readonly method: 'GET' | 'POST';
  /** Below the provider's base URL, as `/{endpointId}/status/{jobId}`. */
  readonly path: string;
}

/** An operation without a route is not there. */
export type Routes = Readonly<Partial<Record<Operation, Route>>>;

/** How a key is sent: `value` with the key in the place of `{key}`. */
export interface AuthHeader {
  readonly header: string;
  readonly value: string;
}

/** A request as a dialect words it. */
export interface WireRequest {
  readonly method: 'GET' | 'POST';
  /** Below the provider's base URL, each part encoded; starts with a slash. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
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

/** What an endpoint's name means on the wire. */
export interface EndpointAddress {
  /** What the placeholders of a path stand for, beside `{jobId}`; absent: not known of this endpoint. */
  readonly parts: Readonly<Record<string, string | undefined>>;
  readonly query?: Readonly<Record<string, string>>;
}

/**
 * How a provider speaks: a description without any I/O, state or clock, so that one is a single file tested in tables.
 * What is data here (routes, header, limits) is what `jobrelay.yaml` can override and the documents list.
 *
 * The readers get every answer, also those with an error status, since some providers put errors into a 200. They throw
 * a `JobApiError`. For a call that submits they do so as for any other: that a broken answer leaves the job's fate open
 * (`SubmitAmbiguous`) is the client's business, and the same for all dialects.
 */
export interface Dialect {
  /** What messages call the provider. */
  readonly vendor: string;
  /** Absent: each deployment has its own. */
  readonly baseUrl?: string;
  readonly auth: AuthHeader;
  readonly routes: Routes;
  /** Placeholders that a path may hold, beside `{jobId}`. */
  readonly placeholders: readonly string[];
  /** Largest body, per operation that sends one. */
  readonly maxBodyBytes: Readonly<Record<SubmitOperation, number>>;
  /** How long an ended job can be read, by the operation that submitted it. */
  readonly retentionMs: Readonly<Record<SubmitOperation, number>>;
  /** Why this can't name an endpoint; undefined where it can. */
  whyNotEndpoint(endpointId: string): string | undefined;
  /** Only for what {@link whyNotEndpoint} lets pass. */
  address(endpointId: string): EndpointAddress;
  /** What is sent with a new job. Throws `InvalidRequest` for what the provider would take for something else. */
  body(call: SubmitCall): Readonly<Record<string, JsonValue | undefined>>;
  readJob(call: JobAnswerCall, answer: WireAnswer): RemoteJob;
  readStream(call: Call, answer: WireAnswer): StreamRead;
  readPurge(call: Call, answer: WireAnswer): { readonly removed: number };
  readHealth(call: Call, answer: WireAnswer): EndpointHealth;
}
