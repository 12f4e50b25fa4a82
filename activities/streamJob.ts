import { Context } from '@temporalio/activity';
import { externalize } from '../artifacts/index.js';
import { JobApiError } from '../job-api/errors.js';
import { isTerminal } from '../job-api/job.js';
import type { JsonValue } from '../job-api/json.js';
import type { JobReference, StreamJobRequest, StreamJobResult } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { retryableFailure, toFailure } from './failure.js';
import { mapOutput, outputRejected } from './map-output.js';
import { MappingFailed } from './map-values.js';

/** Heartbeat details: the chunks read so far, in the artifact store, since the provider gives each of them once. */
interface StreamState {
  readonly sha256: string;
  readonly count: number;
}

/** Also how long a cancel or a shutdown waits: a read that is broken off would lose what it had taken. */
const LONG_POLL_MS = 5_000;

/**
 * Reads a generator's chunks until the job has ended and the stream is empty. A read takes the chunks off the provider,
 * so each batch is stored before the next read; an attempt that follows a crash goes on after the last stored batch.
 * What was on its way when the process died is lost: an aggregate output, where the handler makes one, is the only
 * loss-free read.
 *
 * @throws `OutputRejected` where the chunks do not go through the mapping of the alias that the request names
 */
export async function streamJob(
  { handle, endpoint, inlineMaxBytes }: StreamJobRequest,
  deps: ActivityDeps,
): Promise<StreamJobResult> {
  const context = Context.current();
  const signal = context.cancellationSignal;
  const api = deps.jobApi(handle.provider);
  let state = readState(context.info.heartbeatDetails);
  const chunks = await readStored(state, deps);
  try {
    for (;;) {
      const read = await api.stream(handle.endpointId, handle.jobId, { waitMs: LONG_POLL_MS });
      if (read.chunks.length > 0) {
        chunks.push(...read.chunks.map((chunk) => chunk.output));
        const { sha256 } = await deps.store.put(Buffer.from(JSON.stringify(chunks)));
        state = { sha256, count: chunks.length };
      } else {
        // A bare array (SubModel) carries no status: the status read tells the end.
        const status = read.status ?? (await api.status(handle.endpointId, handle.jobId, { signal })).status;
        if (isTerminal(status)) {
          const stored = await externalize(chunks, deps.store, { inlineMaxBytes, foreign: true });
          const result = { status, chunks: stored, count: chunks.length };
          if (endpoint === undefined || status !== 'COMPLETED') return result;
          const output = await mapChunks(chunks, { ...handle, endpoint }, state, deps);
          return { ...result, output: await externalize(output, deps.store, { inlineMaxBytes, foreign: true }) };
        }
      }
      context.heartbeat(state);
      signal.throwIfAborted();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof JobApiError && error.retryable
      ? retryableFailure(error, error.retryAfterMs ?? 1_000)
      : toFailure(error);
  }
}

/** The provider gives a chunk once, so where they do not go through their mapping the failure says where they are. */
async function mapChunks(
  chunks: readonly JsonValue[],
  place: JobReference['handle'] & { readonly endpoint: string },
  state: StreamState | undefined,
  deps: ActivityDeps,
): Promise<JsonValue> {
  return mapOutput(chunks, place, deps).catch((error: unknown) => {
    if (!(error instanceof MappingFailed)) throw error;
    const kept = state === undefined ? '' : `; its chunks are the artifact ${state.sha256}`;
    const { jobId } = place;
    throw outputRejected(`${error.message}${kept}`, { jobId, ended: true });
  });
}

function readState(details: unknown): StreamState | undefined {
  const { sha256, count } = (details ?? {}) as Partial<StreamState>;
  return typeof sha256 === 'string' && typeof count === 'number' ? { sha256, count } : undefined;
}

async function readStored(state: StreamState | undefined, deps: ActivityDeps): Promise<JsonValue[]> {
  if (state === undefined) return [];
  const chunks: unknown = JSON.parse(Buffer.from(await deps.store.get(state.sha256)).toString());
  return Array.isArray(chunks) ? chunks : [];
}
