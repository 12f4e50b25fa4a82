import { setTimeout as sleep } from 'node:timers/promises';
import { type ArtifactStore, readLog, type StreamLog, toStreamLog } from '../artifacts/index.js';
import type { StreamChunk } from '../job-api/job.js';
import type { StreamEvent, StreamHeartbeat } from '../workflows/contract.js';
import { InvalidInput, NoArtifactStore } from './errors.js';
import { findStream, type KeptPlace, orSilence } from './find-stream.js';
import type { StreamRun } from './stream-run.js';

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

/**
 * See `Run.stream`. What an activity has read stands in its heartbeats, which the server tells without a worker; what ended
 * ones have left, the workflow knows. Both are the same log, so the longer one is the newer.
 */
export async function* readStream(
  root: StreamRun,
  store: ArtifactStore | undefined,
  step: string,
  { from = 0, index, intervalMs = INTERVAL_MS, signal }: StreamOptions = {},
): AsyncGenerator<StreamItem, undefined> {
  if (store === undefined) throw new NoArtifactStore();
  if (!Number.isSafeInteger(from) || from < 0) throw new InvalidInput('from', 'must be a whole number from 0');
  const { run, request, place } = await findStream(root, { step, index, intervalMs, signal });
  let known: KeptPlace = place;
  let next = from;
  for (;;) {
    signal?.throwIfAborted();
    const { closedAt, pendingActivities } = await run.status();
    const readBy = ({ activityId }: KeptPlace) =>
      pendingActivities.find((activity) => activityId !== undefined && activity.activityId === activityId);
    let live = readBy(known);
    if (live === undefined) {
      const told = await run.place(request).catch(orSilence(closedAt !== undefined));
      if (told?.kind === 'stream') known = told;
      live = readBy(known);
    }
    const log = longer(known.log, logIn(live?.heartbeat));
    if (log !== undefined && log.entries > next) {
      for await (const { offset, entry } of readLog(log, next, store)) {
        signal?.throwIfAborted();
        next = offset + 1;
        yield itemOf(offset, entry as unknown as StreamEvent);
      }
    }
    if (closedAt !== undefined || (known.ended && live === undefined)) return;
    await sleep(intervalMs, undefined, signal && { signal }).catch(() => signal?.throwIfAborted());
  }
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
