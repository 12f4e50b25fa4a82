import type { Client } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { createLimiter, RENEW_AFTER_MS, type StoreDriver } from '../../artifacts/index.js';
import { InvalidSettings } from '../errors.js';
import { translateError } from '../translate-error.js';
import { Marker } from './mark.js';
import { answersOfRun, answersOfSchedules, listAllRuns } from './runs-to-mark.js';

export interface CollectOptions {
  /** Says what would be removed, and leaves it. */
  readonly dryRun?: boolean;
  /**
   * Nothing younger is removed: a client stores before it starts its run, and an activity before its result is on record.
   * 24 hours where absent.
   */
  readonly olderThanMs?: number;
  /**
   * Removes also where the namespace has no run and no schedule at all, which is mostly a sign of the wrong one, and what
   * is younger than two hours, which is safe where nothing runs and nothing is started.
   */
  readonly force?: boolean;
  readonly onProgress?: (progress: { readonly runs: number }) => void;
}

interface Amount {
  readonly artifacts: number;
  readonly bytes: number;
}

/** What was found and done. */
export interface CollectReport {
  readonly dryRun: boolean;
  /** Runs whose histories were read. */
  readonly runs: number;
  readonly schedules: number;
  /** Needed by one of them. */
  readonly needed: Amount;
  /** Needed by none, but too young. */
  readonly young: Amount;
  /** Or would be, in a dry run. */
  readonly removed: Amount;
  /** What writers left that were killed, in bytes; those of a bucket are not counted. */
  readonly leftoverBytes: number;
}

export interface CollectContext {
  readonly client: Client;
  readonly codecs: readonly PayloadCodec[];
  readonly store: StoreDriver;
  readonly address: string;
  readonly namespace: string;
}

const DEFAULT_OLDER_THAN_MS = 24 * 3_600_000;
/** An artifact that is stored again becomes new once it is an hour old; as much again for what comes after. */
const MIN_OLDER_THAN_MS = 2 * RENEW_AFTER_MS;
const HISTORIES_AT_ONCE = 8;
/** Candidates that are removed between two looks at what was started meanwhile. */
const BATCH = 500;
/** Visibility is late, by seconds. */
const OVERLAP_MS = 5 * 60_000;

/** See `JobRelayClient.collectGarbage`. */
export async function collectGarbage(options: CollectOptions, context: CollectContext): Promise<CollectReport> {
  try {
    return await collect(options, context);
  } catch (error) {
    throw translateError(error, context);
  }
}

async function collect(
  options: CollectOptions,
  { client, codecs, store, ...at }: CollectContext,
): Promise<CollectReport> {
  const { dryRun = false, olderThanMs = DEFAULT_OLDER_THAN_MS, force = false, onProgress } = options;
  if (olderThanMs < MIN_OLDER_THAN_MS && !force) {
    throw new InvalidSettings(
      'artifacts younger than 2h may belong to runs that are about to start: take 2h or more, or force it where nothing runs',
    );
  }
  const marker = new Marker(store, codecs);
  // Of this moment: what is stored while it works is younger.
  const before = new Date(Date.now() - olderThanMs);
  let runs = 0;
  let schedules = 0;
  let markedAt = Date.now();

  const markRuns = async (startedSince?: Date) => {
    const limited = createLimiter(HISTORIES_AT_ONCE);
    const reading = new Set<Promise<void>>();
    for await (const run of listAllRuns(client, startedSince)) {
      // Not more of them in memory than are read.
      if (reading.size >= 2 * HISTORIES_AT_ONCE) await Promise.race(reading);
      const one = limited(async () => {
        for await (const answer of answersOfRun(client, run)) await marker.mark(answer);
        // One that failed stays, whenever that was: it is met at the next wait.
        reading.delete(one);
      });
      reading.add(one);
      // Until then its failure must not count as one that nobody sees.
      one.catch(() => undefined);
      if (startedSince !== undefined) continue;
      runs++;
      onProgress?.({ runs });
    }
    await Promise.all(reading);
  };
  await markRuns();
  for await (const schedule of answersOfSchedules(client)) {
    schedules++;
    await marker.mark(schedule);
  }

  const count = { needed: zero(), young: zero(), removed: zero() };
  let candidates: { readonly sha256: string; readonly bytes: number }[] = [];
  const removeCandidates = async () => {
    if (candidates.length === 0) return;
    // A run that was started since may have been given a reference to something old.
    const since = new Date(markedAt - OVERLAP_MS);
    markedAt = Date.now();
    await markRuns(since);
    for (const { sha256, bytes } of candidates) {
      if (marker.has(sha256)) add(count.needed, bytes);
      else if (dryRun || (await store.remove(sha256, { before }))) add(count.removed, bytes);
    }
    candidates = [];
  };
  for await (const { sha256, bytes, storedAt } of store.list()) {
    if (marker.has(sha256)) add(count.needed, bytes);
    else if (storedAt >= before) add(count.young, bytes);
    else {
      if (runs + schedules === 0 && !force && !dryRun) throw wrongNamespace(at, store.location);
      candidates.push({ sha256, bytes });
      if (candidates.length >= BATCH) await removeCandidates();
    }
  }
  await removeCandidates();
  const leftoverBytes = dryRun ? 0 : await store.sweep({ before });
  return { dryRun, runs, schedules, ...count, leftoverBytes };
}

function wrongNamespace(
  { address, namespace }: Pick<CollectContext, 'address' | 'namespace'>,
  location: string,
): Error {
  return new InvalidSettings(
    `namespace "${namespace}" at ${address} has no run and no schedule, so all of ${location} would be removed: ` +
      'name the Temporal whose workers use this store, or force it',
  );
}

function zero(): { artifacts: number; bytes: number } {
  return { artifacts: 0, bytes: 0 };
}

function add(to: { artifacts: number; bytes: number }, bytes: number): void {
  to.artifacts++;
  to.bytes += bytes;
}
