import type { JsonValue } from '../job-api/json.js';

/** What a handler gets beside its input. */
export interface HandlerContext {
  /** Aborts when the job is cancelled, is deleted or runs out of time. Whatever the handler returns after that is dropped. */
  readonly signal: AbortSignal;
  readonly jobId: string;
  /** 1 on the first run of a job; a retry under the same id counts on. */
  readonly attempt: number;
  /** Shown as the job's `output` while it is IN_PROGRESS, as RunPod does; the last report stays. */
  progress(update: JsonValue): void;
}

/**
 * The code behind an endpoint, in the shape of a RunPod handler: it returns the output, or throws, or returns
 * `{ error: "…", ...rest }`, which fails the job with `rest` as its output. A generator (`async function*` or
 * `function*`) feeds the job's stream.
 *
 * @example
 * const shout: Handler = (input) => ({ text: String(input).toUpperCase() });
 */
export type Handler = (
  input: JsonValue,
  context: HandlerContext,
) => JsonValue | undefined | Promise<JsonValue | undefined> | AsyncIterable<JsonValue> | Generator<JsonValue>;

export interface EndpointDefinition {
  /** Absent: the built-in handler of that name, or, where there is none, no worker: jobs stay IN_QUEUE. */
  readonly handler?: Handler;
  /** How many jobs run at once. Default 3. */
  readonly workers?: number;
  /** How many of them the provider has no machine for: they take no job. Default 0. */
  readonly throttledWorkers?: number;
  /** How many of them crash as they start: they take no job. Default 0. */
  readonly unhealthyWorkers?: number;
  /** How long a worker takes to start, once, before its first job. Default 0. */
  readonly coldStartMs?: number;
  /** Run time after which a job fails, where its own policy says nothing. Default 600,000, as on RunPod. */
  readonly executionTimeoutMs?: number;
  /** Whether a generator's chunks become the job's output as a list; RunPod's `return_aggregate_stream`. Default true. */
  readonly aggregateStream?: boolean;
}
