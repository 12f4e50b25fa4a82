import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { Attempt, AttemptEnd } from './attempt.js';
import type { Handler } from './handler.js';
import { type JobEnd, jobEnd } from './job.js';

export interface HandlerRun {
  readonly handler: Handler;
  readonly aggregateStream: boolean;
}

/** Carries an attempt out as RunPod's worker would, in this process. Never rejects. */
export async function runHandler(attempt: Attempt, run: HandlerRun): Promise<void> {
  attempt.finish(await endOf(attempt, run));
}

async function endOf(attempt: Attempt, run: HandlerRun): Promise<AttemptEnd> {
  const { job, signal } = attempt;
  try {
    // A handler may change its input, and a retry must see what was submitted.
    const returned = run.handler(structuredClone(job.request.input), {
      signal,
      jobId: job.id,
      attempt: job.attempt,
      progress: (update: JsonValue) => attempt.report(structuredClone(update)),
    });
    if (isGenerator(returned)) return { end: await consume(returned, attempt, run), refreshWorker: false };
    return interpret(toJson(await returned));
  } catch (error) {
    return { end: { status: 'FAILED', error: exceptionText(error, attempt.workerId) }, refreshWorker: false };
  }
}

async function consume(
  chunks: AsyncIterable<JsonValue> | Generator<JsonValue>,
  attempt: Attempt,
  { aggregateStream }: HandlerRun,
): Promise<JobEnd> {
  const all: JsonValue[] = [];
  for await (const yielded of chunks) {
    if (attempt.signal.aborted) break;
    const chunk = toJson(yielded) ?? null;
    if (aggregateStream) all.push(chunk);
    attempt.pushChunk(chunk);
  }
  return { status: 'COMPLETED', output: all };
}

/** Reads a returned value as RunPod's worker does: `error` fails the job, `refresh_worker` resets the worker. */
function interpret(returned: JsonValue | undefined): AttemptEnd {
  if (!isObject(returned)) return { end: jobEnd({ output: returned }), refreshWorker: false };
  const { error, refresh_worker: refresh, ...rest } = returned;
  const output = Object.keys(rest).length > 0 || Object.keys(returned).length === 0 ? rest : undefined;
  return { end: jobEnd({ error, output }), refreshWorker: Boolean(refresh) };
}

/** What the value looks like after its way over the wire. Throws for what JSON can't hold, such as a cycle. */
function toJson(value: JsonValue | undefined): JsonValue | undefined {
  const text: string | undefined = JSON.stringify(value);
  return text === undefined ? undefined : JSON.parse(text);
}

/** The JSON text that RunPod's worker makes of an exception. */
function exceptionText(error: unknown, workerId: string): string {
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return JSON.stringify({
    error_type: `<class '${name}'>`,
    error_message: message,
    error_traceback: stack ?? '',
    hostname: `${workerId}-emulator`,
    worker_id: workerId,
    runpod_version: 'emulator',
  });
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isGenerator(value: unknown): value is AsyncIterable<JsonValue> | Generator<JsonValue> {
  if (typeof value !== 'object' || value === null) return false;
  return Symbol.asyncIterator in value || (Symbol.iterator in value && 'next' in value);
}
