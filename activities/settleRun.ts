import { Context, getClient } from '@temporalio/activity';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { EndpointNotFound, JobApiError, JobNotFound } from '../job-api/errors.js';
import { isTerminal, type JobHandle } from '../job-api/job.js';
import type { ReapedJob, ReapOutcome } from '../workflows/reap-contract.js';
import type { SettleRunRequest, SettleRunResult } from './contract.js';
import type { ActivityDeps } from './deps.js';
import { type JobsOfRun, jobKey } from './handles-in-history.js';
import { withHeartbeats } from './heartbeats.js';
import { type Description, readJobs } from './read-history.js';
import { reportSettled } from './report-settled.js';
import { settle } from './settle.js';

/** Time to see one job end. */
const BUDGET_MS = 30_000;
/** Beside that, for turns within the limits: the next pass may be an hour away. A hundred jobs that take all of it fit the activity. */
const WAITS_MS = 120_000;
const AT_ONCE = 20;
const LISTED_MAX = 100;
/** Resets of resets that are followed. */
const RESETS_MAX = 20;
/** Each call to Temporal; a history of 50 MiB takes many. */
const CALL_TIMEOUT_MS = 60_000;

/**
 * Settles the jobs that a run left behind: those that its history, or a heartbeat of what was under way when it closed,
 * names, and whose end it did not see. Of an open run only those that it gave up, of one that was reset only those that
 * the new run does not know. To do so twice, or beside somebody who does the same, does no harm: a job that has
 * ended is read, and nothing more. Never fails because of a provider: such a job is `unconfirmed`.
 */
export async function settleRun(request: SettleRunRequest, deps: ActivityDeps): Promise<SettleRunResult> {
  const context = Context.current();
  const { log } = context;
  const client = getClient();
  const { workflowId, runId, dryRun = false } = request;
  return await withHeartbeats(undefined, async () => {
    let left: LeftJobs;
    try {
      left = await leftJobs(client, request);
    } catch (error) {
      if (!(error instanceof UnreadableHistory)) throw error;
      log.error('cannot read the history of a run that may have left jobs', { runId, workflowId, error });
      return { outcomes: {}, jobs: [], suspectedDuplicates: 0, unreadable: error.message };
    }
    const settled = await inTurns(left.handles, async (handle): Promise<ReapedJob> => {
      const since = Date.now();
      const { outcome, cancels = 0 } = dryRun ? { outcome: await look(handle, deps) } : await end(handle, deps);
      if (outcome !== 'ended' && dryRun) {
        log.info('found a job that a run left', { jobId: handle.jobId, run: workflowId, outcome });
      } else if (outcome !== 'ended') {
        reportSettled(context, { handle, outcome, cancels, since, why: 'its run left it', run: workflowId });
      }
      return { workflowId, handle, outcome };
    });
    return resultOf(settled, left);
  });
}

interface LeftJobs {
  readonly handles: readonly JobHandle[];
  readonly suspectedDuplicates: number;
  /** Endpoints of those that the run has not seen itself. */
  readonly unseen: readonly string[];
}

const NONE: LeftJobs = { handles: [], suspectedDuplicates: 0, unseen: [] };

async function leftJobs(client: Client, { workflowId, runId }: SettleRunRequest): Promise<LeftJobs> {
  const read = (id: string) => readRun(client, workflowId, id);
  const run = await read(runId);
  if (run === undefined) return NONE;
  const { description, jobs } = run;
  if (description.status.name === 'RUNNING') return { ...NONE, handles: jobs.abandoned };

  const owned = new Set<string>();
  let next = resetRunId(description);
  for (let resets = 0; next !== undefined && resets < RESETS_MAX; resets++) {
    const newer = await read(next);
    for (const key of newer?.jobs.known.keys() ?? []) owned.add(key);
    next = newer && resetRunId(newer.description);
  }
  const { unended, suspectedDuplicates, unseen } = jobs;
  const saysSo = description.status.name !== 'TERMINATED' && description.status.name !== 'TIMED_OUT';
  return {
    handles: unended.filter((handle) => !owned.has(jobKey(handle))),
    // One that closed by itself has named them in its result.
    suspectedDuplicates: saysSo ? 0 : suspectedDuplicates,
    unseen: saysSo ? [] : unseen,
  };
}

interface ReadRun {
  readonly description: Description;
  readonly jobs: JobsOfRun;
}

/** Undefined where its retention has passed meanwhile. */
async function readRun(client: Client, workflowId: string, runId: string): Promise<ReadRun | undefined> {
  const handle = client.workflow.getHandle(workflowId, runId);
  const call = <T>(body: () => Promise<T>) => client.withDeadline(Date.now() + CALL_TIMEOUT_MS, body);
  try {
    // The description second: a job that an open run gives up meanwhile is left to the next pass.
    const history = await call(() => handle.fetchHistory());
    const description = await call(() => handle.describe());
    return { description, jobs: await decoded(readJobs(client, history, description)) };
  } catch (error) {
    if (error instanceof WorkflowNotFoundError) return undefined;
    throw error;
  }
}

function resetRunId({ raw }: Description): string | undefined {
  return raw.workflowExtendedInfo?.resetRunId || undefined;
}

/** What the data converter makes of a payload, it makes of it the next time too: a codec without its key. */
class UnreadableHistory extends Error {
  override readonly name = 'UnreadableHistory';
}

async function decoded<T>(reading: Promise<T>): Promise<T> {
  return await reading.catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    throw new UnreadableHistory(message.slice(0, 500), { cause: error });
  });
}

interface End {
  readonly outcome: ReapOutcome;
  readonly cancels?: number;
}

async function end(handle: JobHandle, deps: ActivityDeps): Promise<End> {
  const before = await look(handle, deps);
  // A 404 may be of a provider that has not caught up, and no answer of one that will answer in time.
  if (before === 'ended') return { outcome: before };
  return await unlessRefused(handle, () =>
    settle(deps.jobApi(handle.provider), handle, { deadline: Date.now() + BUDGET_MS, waitsMs: WAITS_MS }),
  );
}

async function look({ provider, endpointId, jobId }: JobHandle, deps: ActivityDeps): Promise<ReapOutcome> {
  try {
    const { status } = await deps.jobApi(provider).status(endpointId, jobId);
    return isTerminal(status) ? 'ended' : 'running';
  } catch (error) {
    if (error instanceof JobNotFound || error instanceof EndpointNotFound) return 'gone';
    if (error instanceof JobApiError) return 'unconfirmed';
    throw error;
  }
}

/** A provider that is not configured here, or lets us in no more, must not keep the others' jobs from being settled. */
async function unlessRefused(handle: JobHandle, body: () => Promise<End>): Promise<End> {
  const { log } = Context.current();
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof JobApiError)) throw error;
    log.warn('cannot settle a job that a run left', { jobId: handle.jobId, code: error.code, reason: error.message });
    return { outcome: 'unconfirmed' };
  }
}

/** Works off a list, a few at once, and keeps its order. */
async function inTurns<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const { cancellationSignal } = Context.current();
  const queue = items.entries();
  const turns = Array.from({ length: AT_ONCE }, async () => {
    for (const [at, item] of queue) {
      cancellationSignal.throwIfAborted();
      results[at] = await work(item);
    }
  });
  await Promise.all(turns);
  return results;
}

/** What may still cost comes first, and what had ended by itself is but counted. */
const LISTED: readonly ReapOutcome[] = ['unconfirmed', 'running', 'stopped', 'gone'];

function resultOf(settled: readonly ReapedJob[], { suspectedDuplicates, unseen }: LeftJobs): SettleRunResult {
  const outcomes: Partial<Record<ReapOutcome, number>> = {};
  for (const { outcome } of settled) outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  const jobs = LISTED.flatMap((listed) => settled.filter(({ outcome }) => outcome === listed)).slice(0, LISTED_MAX);
  const open = settled.filter(({ outcome }) => outcome === 'unconfirmed');
  const until = Math.max(...open.map(({ handle }) => Date.parse(handle.submittedAt) + handle.ttlMs));
  return {
    outcomes,
    jobs,
    suspectedDuplicates,
    ...(unseen.length > 0 && { unseenDuplicates: countsOf(unseen) }),
    ...(open.length > 0 && { unconfirmedUntil: new Date(until).toISOString() }),
  };
}

function countsOf(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
