import type { JsonValue } from '../job-api/json.js';
import { ArtifactReferenceInvalid } from './errors.js';
import { isDigest } from './reference.js';
import type { ArtifactStore } from './store.js';

/** Entries that are stored together: the digest of their JSON list, and how many they are. */
export type LogSegment = readonly [sha256: string, entries: number];

/**
 * A list that only grows, kept in the store: what is here is its end and the way to the rest, a few KiB however long it
 * gets. Entries have offsets from 0 that never change, so that any number of readers can go on where they were.
 */
export interface StreamLog {
  /** How many there are. */
  readonly entries: number;
  /** Digest of the newest {@link Page}, each of which leads to the one before it. */
  readonly page?: string;
  /** After those of the pages. */
  readonly segments?: readonly LogSegment[];
  /** The last ones, too few yet to be worth an artifact. */
  readonly tail?: readonly JsonValue[];
}

interface Page {
  /** Offset of its first entry. */
  readonly from: number;
  readonly segments: readonly LogSegment[];
  readonly previous?: string;
}

interface LogEntry {
  readonly offset: number;
  readonly entry: JsonValue;
}

export const EMPTY_LOG: StreamLog = { entries: 0 };

/** Beyond this the tail becomes a segment: it travels with each heartbeat, and hundreds of them in one answer of the server. */
const TAIL_MAX_BYTES = 4_096;
const SEGMENTS_MAX = 16;

/** The log with these entries at its end. What it does not hold itself is in the store by then. */
export async function appendToLog(
  log: StreamLog,
  entries: readonly JsonValue[],
  store: ArtifactStore,
): Promise<StreamLog> {
  if (entries.length === 0) return log;
  const longer = { ...log, entries: log.entries + entries.length, tail: [...(log.tail ?? []), ...entries] };
  if (Buffer.byteLength(JSON.stringify(longer.tail)) <= TAIL_MAX_BYTES) return longer;
  const stored = await storeTail(longer, store);
  return (stored.segments?.length ?? 0) > SEGMENTS_MAX ? await storePage(stored, store) : stored;
}

/** The same log as its end will stay: all of it in the store, and one digest to find it by. */
export async function sealLog(log: StreamLog, store: ArtifactStore): Promise<StreamLog> {
  return storePage(await storeTail(log, store), store);
}

async function storeTail({ tail = [], segments = [], ...log }: StreamLog, store: ArtifactStore): Promise<StreamLog> {
  if (tail.length === 0) return { ...log, segments };
  return { ...log, segments: [...segments, [await putJson(tail, store), tail.length]] };
}

async function storePage({ entries, page, segments = [] }: StreamLog, store: ArtifactStore): Promise<StreamLog> {
  if (segments.length === 0) return { entries, ...(page !== undefined && { page }) };
  const from = entries - countOf(segments);
  const next: Page = { from, segments, ...(page !== undefined && { previous: page }) };
  return { entries, page: await putJson(next, store) };
}

/**
 * The entries from an offset on, in order. One segment is in memory at a time.
 *
 * Rejects as the store does, and with `ArtifactReferenceInvalid` where what it finds is no part of a log.
 */
export async function* readLog(log: StreamLog, from: number, store: ArtifactStore): AsyncGenerator<LogEntry, void> {
  const { segments = [], tail = [] } = log;
  const tailFrom = log.entries - tail.length;
  const segmentsFrom = tailFrom - countOf(segments);
  // The pages lead backwards: only what is needed of them is read, and kept as digests.
  const parts: Page[] = [{ from: segmentsFrom, segments }];
  for (let sha256 = log.page; sha256 !== undefined && (parts[0]?.from ?? 0) > from; ) {
    const page = await readPage(sha256, store);
    parts.unshift(page);
    sha256 = page.previous;
  }
  for (const part of parts) {
    let offset = part.from;
    for (const [sha256, entries] of part.segments) {
      if (offset + entries > from) yield* after(from, offset, await readList(sha256, store));
      offset += entries;
    }
  }
  yield* after(from, tailFrom, tail);
}

function* after(from: number, firstOffset: number, entries: readonly JsonValue[]): Generator<LogEntry> {
  for (const [index, entry] of entries.entries()) {
    if (firstOffset + index >= from) yield { offset: firstOffset + index, entry };
  }
}

/** A log that was read from elsewhere, such as the heartbeat of another version; undefined where it is none. */
export function toStreamLog(value: unknown): StreamLog | undefined {
  const { entries, page, segments, tail } = Object(value) as Record<keyof StreamLog, unknown>;
  if (!isCount(entries)) return undefined;
  if (page !== undefined && !(typeof page === 'string' && isDigest(page))) return undefined;
  if (segments !== undefined && !(Array.isArray(segments) && segments.every(isSegment))) return undefined;
  if (tail !== undefined && !Array.isArray(tail)) return undefined;
  return value as StreamLog;
}

async function readPage(sha256: string, store: ArtifactStore): Promise<Page> {
  const page = await readJson(sha256, store);
  const { from, segments, previous } = Object(page) as Record<keyof Page, unknown>;
  const leadsOn = previous === undefined || (typeof previous === 'string' && isDigest(previous));
  if (isCount(from) && leadsOn && Array.isArray(segments) && segments.every(isSegment)) return page as unknown as Page;
  throw noPartOfLog(sha256);
}

async function readList(sha256: string, store: ArtifactStore): Promise<readonly JsonValue[]> {
  const list = await readJson(sha256, store);
  if (Array.isArray(list)) return list;
  throw noPartOfLog(sha256);
}

async function readJson(sha256: string, store: ArtifactStore): Promise<JsonValue> {
  const bytes = await store.get(sha256);
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch (error) {
    throw noPartOfLog(sha256, error);
  }
}

function noPartOfLog(sha256: string, cause?: unknown): ArtifactReferenceInvalid {
  return new ArtifactReferenceInvalid(
    `artifact ${sha256} is no part of a stream: something else was stored in its place`,
    {
      cause,
    },
  );
}

async function putJson(value: unknown, store: ArtifactStore): Promise<string> {
  return (await store.put(Buffer.from(JSON.stringify(value)))).sha256;
}

function isSegment(value: unknown): value is LogSegment {
  return Array.isArray(value) && typeof value[0] === 'string' && isDigest(value[0]) && isCount(value[1]);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function countOf(segments: readonly LogSegment[]): number {
  return segments.reduce((sum, [, entries]) => sum + entries, 0);
}
