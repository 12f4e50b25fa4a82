/** A history as Temporal's server tells it, reduced to what was asked and answered. Reads JSON payloads; nothing of JobRelay's. */
import type { Client, WorkflowExecutionInfo } from '@temporalio/client';
import { type Patience, untilDone } from '../world/runs.js';
import type { RunEnd } from './evidence.js';

type Handle = ReturnType<Client['workflow']['getHandle']>;
type History = Awaited<ReturnType<Handle['fetchHistory']>>;
type Description = Awaited<ReturnType<Handle['describe']>>;
type Payloads =
  | { readonly payloads?: readonly { readonly data?: Uint8Array | null }[] | null | undefined }
  | null
  | undefined;

/** An activity, as far as it came. */
export interface RecordedActivity {
  readonly type: string;
  readonly input: unknown;
  readonly result?: unknown;
  /** Of the failure that it ended with. */
  readonly failureType?: string;
}

export interface RecordedRun {
  readonly workflowId: string;
  readonly runId: string;
  readonly type: string;
  /** The run that somebody started, of which this is a part, or itself. */
  readonly rootId: string;
  readonly end: RunEnd;
  readonly closedAt?: number;
  readonly activities: readonly RecordedActivity[];
  readonly signals: readonly unknown[];
  /** The type of its failure. */
  readonly failure?: string;
  /** Its result, or the details of its failure. */
  readonly outcome: unknown;
  readonly memo: Readonly<Record<string, unknown>>;
  readonly failedTasks: number;
  /**
   * Ids of jobs, wherever they stand as such in its payloads: also in the last heartbeats of what was under way. What a message
   * happens to quote, of an answer that could not be read, is no knowledge.
   */
  readonly mentions: ReadonlySet<string>;
}

const AT_ONCE = 16;

/** A history of thousands of events is many calls, and a machine that goes on with what was disturbed is busy. */
const PATIENCE: Patience = { callMs: 120_000, giveUpMs: 600_000 };

/** Reads the runs of a server, or those that a query finds, each time all of them; those that have closed are read once. */
export class Histories {
  readonly #client: Client;
  readonly #query: string | undefined;
  readonly #closed = new Map<string, RecordedRun>();

  constructor(client: Client, query?: string) {
    this.#client = client;
    this.#query = query;
  }

  async read(): Promise<readonly RecordedRun[]> {
    return await this.#readAll(await this.#list());
  }

  /** Reads those that have closed, which are not read again then; returns the types of those that are open. */
  async readClosed(): Promise<readonly string[]> {
    const listed = await this.#list();
    const isOpen = ({ status }: WorkflowExecutionInfo) => status.name === 'RUNNING';
    await this.#readAll(listed.filter((run) => !isOpen(run)));
    return listed.filter(isOpen).map(({ type }) => type);
  }

  async #list(): Promise<readonly WorkflowExecutionInfo[]> {
    return await this.#call(async () => {
      const runs: WorkflowExecutionInfo[] = [];
      const options = this.#query === undefined ? {} : { query: this.#query };
      for await (const run of this.#client.workflow.list(options)) runs.push(run);
      return runs;
    });
  }

  async #readAll(listed: readonly WorkflowExecutionInfo[]): Promise<readonly RecordedRun[]> {
    const read: RecordedRun[] = [];
    const queue = listed.values();
    const turns = Array.from({ length: AT_ONCE }, async () => {
      for (const { workflowId, runId } of queue) {
        const run = this.#closed.get(runId) ?? (await this.#call(() => this.#readRun(workflowId, runId)));
        if (run.end !== 'open') this.#closed.set(runId, run);
        read.push(run);
      }
    });
    await Promise.all(turns);
    return read;
  }

  async #readRun(workflowId: string, runId: string): Promise<RecordedRun> {
    const handle = this.#client.workflow.getHandle(workflowId, runId);
    // The description first: it must not say of a run that it closed whose history is of before.
    const description = await handle.describe();
    return recordedRun(await handle.fetchHistory(), description);
  }

  #call<T>(call: () => Promise<T>): Promise<T> {
    return untilDone(this.#client, call, PATIENCE);
  }
}

const ENDS: Readonly<Record<string, RunEnd>> = {
  COMPLETED: 'completed',
  FAILED: 'failed',
  CANCELLED: 'cancelled',
  CANCELED: 'cancelled',
  TERMINATED: 'terminated',
  TIMED_OUT: 'timed-out',
};

/**
 * Causes by which the server takes a task back of itself, as numbers of `WorkflowTaskFailedCause`: something came in meanwhile
 * (1, 31), the sticky queue or the run was reset (13, 20), it was closed or moved (17, 18). Nothing failed.
 */
const NO_FAILURE = new Set([1, 13, 17, 18, 20, 31]);

function recordedRun(history: History, description: Description): RecordedRun {
  const activities = new Map<string, { type: string; input: unknown; result?: unknown; failureType?: string }>();
  const signals: unknown[] = [];
  let outcome: unknown;
  let failedWith: string | undefined;
  let failedTasks = 0;
  for (const event of history.events ?? []) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const type = scheduled.activityType?.name ?? '';
      activities.set(String(event.eventId), { type, input: decode(scheduled.input)[0] });
    }
    const completed = event.activityTaskCompletedEventAttributes;
    const activity = activities.get(String(completed?.scheduledEventId));
    if (activity && completed) activity.result = decode(completed.result)[0] ?? null;
    const failed = event.activityTaskFailedEventAttributes;
    const failing = activities.get(String(failed?.scheduledEventId));
    if (failing && failed) failing.failureType = failed.failure?.applicationFailureInfo?.type ?? '';
    const signal = event.workflowExecutionSignaledEventAttributes;
    if (signal) signals.push(...decode(signal.input));
    const ended = event.workflowExecutionCompletedEventAttributes;
    if (ended) outcome = decode(ended.result)[0];
    const failure = event.workflowExecutionFailedEventAttributes?.failure;
    if (failure) {
      outcome = decode(failure.applicationFailureInfo?.details)[0];
      failedWith = failure.applicationFailureInfo?.type || failure.message || '?';
    }
    const task = event.workflowTaskFailedEventAttributes;
    if (task && !NO_FAILURE.has(Number(task.cause))) failedTasks += 1;
  }
  const { raw, workflowId, runId, type, status, closeTime, memo = {} } = description;
  return {
    ...{ workflowId, runId, type, signals, outcome, failedTasks, memo },
    rootId: raw.workflowExecutionInfo?.rootExecution?.workflowId || workflowId,
    end: ENDS[status.name] ?? 'open',
    ...(failedWith !== undefined && { failure: failedWith }),
    ...(closeTime && { closedAt: closeTime.getTime() }),
    activities: [...activities.values()],
    mentions: jobIdsIn([history.events, raw.pendingActivities]),
  };
}

function decode(encoded: Payloads): unknown[] {
  return (encoded?.payloads ?? []).map(({ data }) => {
    try {
      return JSON.parse(Buffer.from(data ?? []).toString());
    } catch {
      return undefined;
    }
  });
}

/** In JobRelay's handles, and in what the stand-ins have. A text within JSON has its quotes escaped. */
const JOB_ID = /"(?:jobId|id)":"([0-9a-f-]{36}-u\d+)"/g;

function jobIdsIn(value: unknown): Set<string> {
  const ids = new Set<string>();
  const visit = (at: unknown): void => {
    if (at instanceof Uint8Array) {
      for (const [, id = ''] of Buffer.from(at).toString().matchAll(JOB_ID)) ids.add(id);
    } else if (typeof at === 'object' && at !== null) Object.values(at).forEach(visit);
  };
  visit(value);
  return ids;
}
