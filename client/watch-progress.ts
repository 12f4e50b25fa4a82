import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConnectionLike } from '@temporalio/client';
import type { Progress } from '../workflows/contract.js';
import { NoWorker, RunCancelled, RunFailed, RunTerminated, RunTimedOut } from './errors.js';

export interface WatchOptions {
  /** Time between two looks, 500 ms where absent. Each is a query, which a worker answers. */
  readonly intervalMs?: number;
  /** Ends the watch, not the run; the iterator then throws the signal's reason. */
  readonly signal?: AbortSignal;
}

const INTERVAL_MS = 500;

interface Watched {
  readonly connection: ConnectionLike;
  result(): Promise<unknown>;
  progress(): Promise<Progress>;
}

/** See `Run.watch`. The end is seen by one long poll, so that it is not late by an interval and closed runs cost one query. */
export async function* watchProgress(
  { connection, result, progress }: Watched,
  { intervalMs = INTERVAL_MS, signal }: WatchOptions = {},
): AsyncGenerator<Progress, undefined> {
  const end = new AbortController();
  const abandoned = new AbortController();
  // The SDK listens once more for each long poll of a long run, and never takes a listener off.
  setMaxListeners(0, abandoned.signal);
  const closed = connection
    .withAbortSignal(abandoned.signal, result)
    .then(undefined, (error: unknown) => {
      if (!isEndOfRun(error)) throw error;
    })
    .finally(() => end.abort());
  // Awaited below; until then its rejection is not unhandled.
  closed.catch(() => {});

  const wake = signal ? AbortSignal.any([signal, end.signal]) : end.signal;
  let shown = '';
  try {
    for (let last = false; !last; ) {
      signal?.throwIfAborted();
      last = end.signal.aborted;
      if (last) await closed;
      const current = await progress().catch((error: unknown) => {
        if (error instanceof NoWorker) return undefined;
        throw error;
      });
      const text = JSON.stringify(current);
      if (current !== undefined && text !== shown) {
        shown = text;
        yield current;
      }
      if (!last) await sleep(intervalMs, undefined, { signal: wake }).catch(() => {});
    }
  } finally {
    abandoned.abort();
  }
}

function isEndOfRun(error: unknown): boolean {
  return (
    error instanceof RunFailed ||
    error instanceof RunCancelled ||
    error instanceof RunTerminated ||
    error instanceof RunTimedOut
  );
}
