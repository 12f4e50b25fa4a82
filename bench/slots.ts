import type { Client } from '@temporalio/client';
import type { Bench, Report } from './bench.js';
import { summarise } from './statistics.js';

const ITEMS = 1_000;
const CONCURRENCY = 100;
/** Handlers take from four to eight seconds: a picture, a minute of speech. */
const LEAST_MS = 4_000;
const SPREAD_MS = 4_000;

/**
 * How many of its slots a `forEach` in slices keeps busy until there is nothing left to start. Told twice: by the histories
 * of the slices, where a slot is taken from the order to submit a job until its end is seen; and by the ledger of the
 * emulator, where it is busy only while its job is at the provider, so that what a submit and the sight of an end take
 * counts as idle.
 */
export async function slots({ stack, relay, temporal, note }: Bench): Promise<Report> {
  note(`a forEach of ${ITEMS} jobs of ${LEAST_MS} to ${LEAST_MS + SPREAD_MS} ms, ${CONCURRENCY} at once`);
  const each = {
    forEach: `{% [0..${ITEMS - 1}] %}`,
    concurrency: CONCURRENCY,
    endpoint: 'local/crowd',
    // Spread evenly, and not in the order of the items.
    input: { ms: `{% ${LEAST_MS} + ($index * 619) % ${SPREAD_MS} %}`, of: 'slots' },
  };
  const definition = { version: 1, steps: { each }, output: '{% $count($steps.each.output) %}' };
  const run = await relay.start('pipeline', { definition });
  await run.result();

  const [taken, atProvider] = await Promise.all([
    spansInSlices(temporal, run.workflowId),
    spansAtProvider(stack.emulator),
  ]);
  for (const { length } of [taken, atProvider]) {
    if (length !== ITEMS) throw new Error(`expected ${ITEMS} jobs, found ${length}`);
  }
  const [slotsTaken, slotsAtProvider] = [busyShare(taken, CONCURRENCY), busyShare(atProvider, CONCURRENCY)];
  return {
    rows: [
      { name: 'time of a job at the provider', unit: 'ms', ...summarise(atProvider.map(lengthOf), 0) },
      { name: 'time of an item in its slot', unit: 'ms', ...summarise(taken.map(lengthOf), 0) },
    ],
    bounds: [
      { what: 'share of the slots that are taken until the tail', measured: slotsTaken.share, atLeast: 0.9 },
      {
        what: 'share of the slots with a job at the provider until the tail',
        measured: slotsAtProvider.share,
        atLeast: 0.9,
      },
      { what: 'jobs at the provider at once', measured: slotsAtProvider.most, atMost: CONCURRENCY },
    ],
  };
}

/** From when to when a slot was busy, epoch milliseconds. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

function lengthOf({ fromMs, toMs }: Span): number {
  return toMs - fromMs;
}

interface LedgerEntry {
  readonly acceptedAt: string;
  readonly endedAt: string | null;
  readonly input: { readonly of?: string } | null;
}

async function spansAtProvider(emulator: string): Promise<readonly Span[]> {
  const answer = await fetch(`${emulator}/_emulator/jobs?endpoint=crowd`);
  const jobs = (await answer.json()) as readonly LedgerEntry[];
  return jobs.flatMap(({ input, acceptedAt, endedAt }) =>
    input?.of === 'slots' && endedAt !== null ? [{ fromMs: Date.parse(acceptedAt), toMs: Date.parse(endedAt) }] : [],
  );
}

/** By the activities of each item: from the order of `…/submit-1` to the end of `…/await-1`. */
async function spansInSlices(temporal: Client, workflowId: string): Promise<readonly Span[]> {
  const spans: Span[] = [];
  const query = `WorkflowType = "slice" AND WorkflowId STARTS_WITH "${workflowId}/"`;
  for await (const slice of temporal.workflow.list({ query })) {
    const { events } = await temporal.workflow.getHandle(slice.workflowId, slice.runId).fetchHistory();
    const begun = new Map<string, number>();
    const item = new Map<string, string>();
    for (const { eventId, eventTime, activityTaskScheduledEventAttributes: scheduled, ...event } of events ?? []) {
      const atMs = Number(eventTime?.seconds ?? 0) * 1_000 + Number(eventTime?.nanos ?? 0) / 1e6;
      const [name = '', activity] = (scheduled?.activityId ?? '').split('/');
      if (activity === 'submit-1') begun.set(name, atMs);
      if (activity === 'await-1') item.set(String(eventId), name);
      const ended = item.get(String(event.activityTaskCompletedEventAttributes?.scheduledEventId));
      if (ended !== undefined) spans.push({ fromMs: begun.get(ended) ?? atMs, toMs: atMs });
    }
  }
  return spans;
}

/**
 * The share of the slots that is busy, and the most at once, from when all were first taken until the last job began:
 * after that there is nothing left to fill a slot with.
 */
function busyShare(spans: readonly Span[], slotCount: number): { readonly share: number; readonly most: number } {
  const starts = spans.map(({ fromMs }) => fromMs).sort((a, b) => a - b);
  const [fullMs = 0, lastMs = 0] = [starts[slotCount - 1], starts.at(-1)];
  const busyMs = spans.reduce(
    (sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, lastMs) - Math.max(fromMs, fullMs)),
    0,
  );
  const changes = spans.flatMap(({ fromMs, toMs }) => [
    { atMs: fromMs, by: 1 },
    { atMs: toMs, by: -1 },
  ]);
  // An end goes before a start of the same millisecond: one made room for the other.
  changes.sort((a, b) => a.atMs - b.atMs || a.by - b.by);
  let [now, most] = [0, 0];
  for (const { by } of changes) {
    now += by;
    most = Math.max(most, now);
  }
  return { share: busyMs / (slotCount * (lastMs - fullMs)), most };
}
