import type { JsonObject, JsonValue } from '../job-api/json.js';
import type { Handler, HandlerContext } from './handler.js';
import type { JobEnd } from './job.js';

/** How a handler ended, and whether it asked for a fresh worker (`refresh_worker`, stripped from its output). */
export interface HandlerEnd {
  readonly end: JobEnd;
  readonly refreshWorker: boolean;
}

export interface HandlerRun {
  readonly handler: Handler;
  readonly input: JsonValue;
  readonly context: HandlerContext;
  readonly workerId: string;
  readonly aggregateStream: boolean;
  onChunk(chunk: JsonValue): void;
}

/** Runs a handler as RunPod's worker would, and says how it ended. Never rejects. */
export async function runHandler(run: HandlerRun): Promise<HandlerEnd> {
  try {
    // A handler may change its input, and a retry must see what was submitted.
    const returned = run.handler(structuredClone(run.input), run.context);
    if (isGenerator(returned)) return { end: await consume(returned, run), refreshWorker: false };
    return interpret(toJson(await returned));
  } catch (error) {
    return { end: { status: 'FAILED', error: exceptionText(error, run.workerId) }, refreshWorker: false };
  }
}

async function consume(chunks: AsyncIterable<JsonValue> | Generator<JsonValue>, run: HandlerRun): Promise<JobEnd> {
  const all: JsonValue[] = [];
  for await (const yielded of chunks) {
    if (run.context.signal.aborted) break;
    const chunk = toJson(yielded) ?? null;
    if (run.aggregateStream) all.push(chunk);
    run.onChunk(chunk);
  }
  return { status: 'COMPLETED', output: all };
}

/** Reads a returned value as RunPod's worker does: `error` fails the job, `refresh_worker` resets the worker. */
function interpret(returned: JsonValue | undefined): HandlerEnd {
  if (!isObject(returned)) return { end: completed(returned), refreshWorker: false };
  const { error, refresh_worker: refresh, ...rest } = returned;
  const output = Object.keys(rest).length > 0 || Object.keys(returned).length === 0 ? rest : undefined;
  const end: JobEnd = error
    ? { status: 'FAILED', error: typeof error === 'string' ? error : JSON.stringify(error), ...(output && { output }) }
    : completed(output);
  return { end, refreshWorker: Boolean(refresh) };
}

function completed(output: JsonValue | undefined): JobEnd {
  return output === undefined ? { status: 'COMPLETED' } : { status: 'COMPLETED', output };
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
