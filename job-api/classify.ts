import { cutEnd, cutStart } from './http/cut-text.js';
import type { RemoteJob } from './job.js';
import type { JsonValue } from './json.js';

const MAX_MESSAGE_BYTES = 2048;
const MAX_TRACEBACK_BYTES = 2048;

/** What a job that did not complete says of itself, taken apart. */
export interface JobEndError {
  readonly message: string;
  /** The exception's class, where a handler raised one. */
  readonly type?: string;
  readonly traceback?: string;
}

/** Who or what ended a job. Each calls for another remedy, and spends another retry budget. */
export type JobEnd =
  | { readonly kind: 'completed' }
  | {
      /**
       * - `JobFailed`: the handler raised or returned an error.
       * - `PlatformFailed`: the platform lost the job, or could not run it.
       * - `RunTimeout`: it ran, and reached the provider's execution timeout.
       * - `QueueTimeout`: no worker took it in its time to live.
       * - `JobCancelled`: someone cancelled it.
       */
      readonly kind: 'JobFailed' | 'PlatformFailed' | 'RunTimeout' | 'QueueTimeout' | 'JobCancelled';
      readonly error: JobEndError;
    };

/**
 * Texts that the platform itself writes. Matched from their start, and never in an exception of a handler: a handler that
 * failed because of someone else's lost worker has still failed by itself.
 */
const RUN_TIMEOUT = /^execution ?timeout exceeded/i;
const PLATFORM_FAILURES: readonly RegExp[] = [
  // Seen live after a worker stopped answering, and its re-dispatch did too.
  /^job timed out after \d+ retr(y|ies)/i,
  /^(the )?worker (was |has |is )?(lost|crashed|died|exited|evicted|preempted|stopped|unhealthy|not responding)/i,
  /^(failed|unable|could not|error) (to )?(pull|pulling|start|starting|create|creating) (the |a )?(docker )?(image|container|worker)/i,
  /^(image|container|worker) (pull|start|startup|creation) (failed|error|timed out)/i,
];

/** Reads why a job ended. Throws `RangeError` for one that has not. */
export function classifyEnd(job: RemoteJob): JobEnd {
  switch (job.status) {
    case 'COMPLETED':
      return { kind: 'completed' };
    case 'CANCELLED':
      return { kind: 'JobCancelled', error: errorOf(job, 'the job was cancelled at the provider') };
    case 'FAILED':
      return platformEnd(job) ?? { kind: 'JobFailed', error: errorOf(job, 'the job failed and gave no reason') };
    case 'TIMED_OUT':
      return platformEnd(job) ?? timedOut(job);
    default:
      throw new RangeError(`job ${JSON.stringify(job.jobId)} has not ended: it is ${job.status}`);
  }
}

function platformEnd(job: RemoteJob): JobEnd | undefined {
  if (typeof job.error !== 'string' || exceptionOf(job.error) !== undefined) return undefined;
  const text = job.error.trim();
  const error = errorOf(job, '');
  if (RUN_TIMEOUT.test(text)) return { kind: 'RunTimeout', error };
  return PLATFORM_FAILURES.some((pattern) => pattern.test(text)) ? { kind: 'PlatformFailed', error } : undefined;
}

function timedOut(job: RemoteJob): JobEnd {
  const ran = job.workerId !== undefined || (job.executionTimeMs ?? 0) > 0;
  return ran
    ? { kind: 'RunTimeout', error: errorOf(job, "the job ran into the provider's execution timeout") }
    : { kind: 'QueueTimeout', error: errorOf(job, 'no worker took the job before its time to live was over') };
}

function errorOf({ error }: RemoteJob, fallback: string): JobEndError {
  const { message, type, traceback } = exceptionOf(error) ?? { message: textOf(error) };
  return {
    message: cutEnd(message || fallback, MAX_MESSAGE_BYTES),
    ...(type !== undefined && { type }),
    // The last lines are the ones that name the exception.
    ...(traceback !== undefined && { traceback: cutStart(traceback, MAX_TRACEBACK_BYTES) }),
  };
}

/** RunPod's worker reports an exception as JSON text `{error_type, error_message, error_traceback, …}`. */
function exceptionOf(error: JsonValue | undefined): JobEndError | undefined {
  const value = typeof error === 'string' ? parsed(error) : error;
  if (value === null || typeof value !== 'object') return undefined;
  const fields = value as { readonly [field: string]: JsonValue | undefined };
  const { error_type: type, error_message: message, error_traceback: traceback } = fields;
  if (typeof type !== 'string' && typeof message !== 'string') return undefined;
  return {
    message: typeof message === 'string' ? message : '',
    ...(typeof type === 'string' && { type: cutEnd(className(type), 256) }),
    ...(typeof traceback === 'string' && { traceback }),
  };
}

/** Python's `str(type(error))` is `<class 'package.Name'>`. */
function className(type: string): string {
  return /^<class '(.+)'>$/.exec(type)?.[1] ?? type;
}

function textOf(error: JsonValue | undefined): string {
  if (error === undefined || error === null) return '';
  return typeof error === 'string' ? error.trim() : JSON.stringify(error);
}

function parsed(text: string): JsonValue | undefined {
  if (!text.trimStart().startsWith('{')) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
