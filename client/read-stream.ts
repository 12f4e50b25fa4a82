import { setTimeout as sleep } from 'node:timers/promises';
import { QueryNotRegisteredError } from '@temporalio/client';
import { type ArtifactStore, readLog, type StreamLog, toStreamLog } from '../artifacts/index.js';
import type { StreamChunk } from '../job-api/job.js';
import type { StreamEvent, StreamHeartbeat, StreamPlace, StreamRequest } from '../workflows/contract.js';
import { InvalidInput, NoArtifactStore, NoWorker } from './errors.js';
import type { RunStatus } from './run-status.js';

export interface StreamOptions {
  /** Offset of the first event wanted: one more than that of the last one that was read. 0 where absent. */
  readonly from?: number;
  /** Of a step with `forEach`: which item, from 0. */
  readonly index?: number;
  /** Time between two looks, 250 ms where absent. */
  readonly intervalMs?: number;
  /** Ends the reading, not the run; the iterator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

/** An event of a stream, with its place: offsets count up from 0 without a gap, whoever reads and however often. */
export type StreamItem =
  /** What the handler yielded, as the provider passed it on: its `output`, and what was put beside it, such as `metrics`. */
  | (StreamChunk & { readonly kind: 'chunk'; readonly offset: number })
  | (Exclude<StreamEvent, { readonly kind: 'chunk' }> & { readonly offset: number });

const INTERVAL_MS = 250;

/** What is read of a run. */
export interface StreamSource {
  readonly store: ArtifactStore | undefined;
  /** A query, which a worker answers. */
  place(request: StreamRequest): Promise<StreamPlace>;
  /** What Temporal knows of the run without a worker. */
  status(): Promise<RunStatus>;
}

/**
 * See `Run.stream`. What an activity has read stands in its heartbeats, which the server tells without a worker; what ended
 * ones have left, the workflow knows. Both are the same log, so the longer one is the newer.
 */
export async function* readStream(
  { store, place, status }: StreamSource,
  step: string,
  { from = 0, index, intervalMs = INTERVAL_MS, signal }: StreamOptions = {},
): AsyncGenerator<StreamItem, undefined> {
  if (store === undefined) throw new NoArtifactStore();
  if (!Number.isSafeInteger(from) || from < 0) throw new InvalidInput('from', 'must be a whole number from 0');
  const request: StreamRequest = { step, ...(index !== undefined && { index }) };
  let known: StreamPlace | undefined;
  let next = from;
  for (;;) {
    signal?.throwIfAborted();
    const { closedAt, pendingActivities } = await status();
    const reader = known?.kind === 'stream' ? known.activityId : undefined;
    let live = pendingActivities.find(({ activityId }) => activityId === reader);
    if (live === undefined) {
      known = (await place(request).catch(orSilence(closedAt !== undefined))) ?? known;
      const { activityId } = Object(known) as { readonly activityId?: string };
      live = pendingActivities.find((activity) => activityId !== undefined && activity.activityId === activityId);
    }
    if (known?.kind === 'items') {
      throw new InvalidInput('index', `is missing: step "${step}" is a forEach, whose items have a stream each`);
    }
    const log = longer(known?.kind === 'stream' ? known.log : undefined, logIn(live?.heartbeat));
    if (log !== undefined && log.entries > next) {
      for await (const { offset, entry } of readLog(log, next, store)) {
        signal?.throwIfAborted();
        next = offset + 1;
        yield itemOf(offset, entry as unknown as StreamEvent);
      }
    }
    if (known?.kind === 'stream' && known.ended && live === undefined) return;
    if (closedAt !== undefined) {
      if (known?.kind === 'stream') return;
      throw new InvalidInput(
        'step',
        `names no stream of this run: no job "${nameOf(request)}" ran with "stream: events"`,
      );
    }
    await sleep(intervalMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
}

/** While the run goes on, a worker that does not answer may come back; a handler that is not there is one that was not needed yet. */
function orSilence(isClosed: boolean): (error: unknown) => undefined {
  return (error) => {
    if (error instanceof QueryNotRegisteredError) return undefined;
    if (error instanceof NoWorker && !isClosed) return undefined;
    throw error;
  };
}

function logIn(heartbeat: unknown): StreamLog | undefined {
  return toStreamLog((Object(heartbeat) as Partial<StreamHeartbeat>).log);
}

function longer(one: StreamLog | undefined, other: StreamLog | undefined): StreamLog | undefined {
  return (other?.entries ?? -1) > (one?.entries ?? -1) ? other : one;
}

function itemOf(offset: number, event: StreamEvent): StreamItem {
  return event.kind === 'chunk' ? { ...event.chunk, kind: 'chunk', offset } : { ...event, offset };
}

function nameOf({ step, index }: StreamRequest): string {
  return index === undefined ? step : `${step}[${index}]`;
}
