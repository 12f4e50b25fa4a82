import { Context, getClient } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import type { RunToReap } from '../workflows/reap-contract.js';
import type { FindUnsettledRequest, FindUnsettledResult } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { fittingWindow, type TimeWindow } from './fitting-window.js';
import { withHeartbeats } from './heartbeats.js';
import { closedUnsettledQuery, openUnsettledQuery } from './unsettled-runs.js';

/** Longer ago no job was started that may still run: providers take no ttl beyond it. */
const LONGEST_TTL_MS = 7 * 24 * 3_600_000;

/** Calls of an activity's client do not end with the activity (temporal.md 8.4). */
const CALL_TIMEOUT_MS = 20_000;

const OPEN_RUNS_MAX = 50;

/** Most jobs are seen to end sooner. One whose provider is away must not keep those of other runs waiting. */
const LOOK_AGAIN_MS = 5_000;

/** Lists runs that may have left jobs behind, the oldest first, so that what did not fit is where the next pass begins. */
export async function findUnsettled(
  request: FindUnsettledRequest,
  deps: Pick<ActivityDeps, 'searchAttributes'>,
): Promise<FindUnsettledResult> {
  return await withHeartbeats(undefined, () => find(request, deps));
}

async function find(
  { taskQueue, from, done, maxRuns, includeOpen }: FindUnsettledRequest,
  deps: Pick<ActivityDeps, 'searchAttributes'>,
): Promise<FindUnsettledResult> {
  const client = getClient();
  const signal = Context.current().cancellationSignal;
  const runs = { taskQueue, registered: await deps.searchAttributes() };
  const known = new Set(done.map(({ runId }) => runId));
  const query = ({ fromMs, toMs }: TimeWindow) => closedUnsettledQuery(runs, new Date(fromMs), new Date(toMs));
  const count = async (window: TimeWindow) => {
    signal.throwIfAborted();
    return await countRuns(client, query(window));
  };

  const nowMs = Date.now();
  const listed: RunToReap[] = [];
  let fromMs = Math.min(from === undefined ? nowMs - LONGEST_TTL_MS : Date.parse(from), nowMs);
  // From window to window, until there is something to do: a pass that found but what it knows would end where it began.
  do {
    const window = await fittingWindow({ fromMs, toMs: nowMs }, maxRuns, count);
    const found = await list(client, query(window), Number.POSITIVE_INFINITY);
    listed.push(...found.filter(({ runId }) => !known.has(runId)));
    fromMs = window.toMs;
  } while (listed.length === 0 && fromMs < nowMs);

  listed.sort((a, b) => (a.closedAt ?? '').localeCompare(b.closedAt ?? ''));
  const openQuery = includeOpen ? openUnsettledQuery(runs) : undefined;
  const open = openQuery === undefined ? [] : await list(client, openQuery, OPEN_RUNS_MAX);
  const through = new Date(fromMs).toISOString();
  return { runs: [...listed, ...open], through, more: fromMs < nowMs, lookAgainMs: LOOK_AGAIN_MS };
}

/** How many runs there are. What a worker asks too, now and then. */
export async function countRuns(client: Client, query: string): Promise<number> {
  return await client.withDeadline(
    Date.now() + CALL_TIMEOUT_MS,
    async () => (await client.workflow.count(query)).count,
  );
}

async function list(client: Client, query: string, max: number): Promise<readonly RunToReap[]> {
  return await client.withDeadline(Date.now() + CALL_TIMEOUT_MS, async () => {
    const runs: RunToReap[] = [];
    for await (const { workflowId, runId, closeTime } of client.workflow.list({
      query,
      pageSize: Math.min(max, 1_000),
    })) {
      if (runs.length >= max) break;
      runs.push({ workflowId, runId, ...(closeTime && { closedAt: closeTime.toISOString() }) });
    }
    return runs;
  });
}
