/** Lets a worker come to know an endpoint as quick, as it would in use: by jobs that end in a moment. */
import type { Client } from '@temporalio/client';
import { relayStart } from '../relay/definition.js';
import { startRun } from '../world/runs.js';
import { POINT_PREFIX } from './points.js';

/** It takes 25 jobs in a row that are quick, of an endpoint that nothing is known of. */
const STAGES = 6;
const SIDE_BY_SIDE = 5;
const JOB_MS = 5;
/** A machine that has more to do may be too slow for that at first. */
const RUNS_MAX = 10;
const RUN_WITHIN_MS = 60_000;

export interface ToMakeQuick {
  /** Begins the ids of the runs, after the prefix of all. */
  readonly id: string;
  readonly endpoint: string;
  /** Of the worker, which is the only one there. */
  readonly taskQueue: string;
  /** Told of each run that is begun: it is accounted for as any other. */
  readonly began: (run: string) => void;
  readonly signal: AbortSignal;
}

/**
 * Runs such jobs until the last one of a run, which has a step of its own, has ended with its submit.
 *
 * @throws Error where that is not so after ten runs, or where one has not ended within a minute.
 */
export async function makeQuick(
  client: Client,
  { id, endpoint, taskQueue, began, signal }: ToMakeQuick,
): Promise<void> {
  for (let n = 0; n < RUNS_MAX; n++) {
    signal.throwIfAborted();
    const start = relayStart({ id: `${id}-${n}`, shape: 'chain', stages: stages() }, POINT_PREFIX, endpoint);
    began(start.workflowId);
    await startRun(client, { ...start, taskQueue });
    const run = client.workflow.getHandle(start.workflowId);
    await client
      .withDeadline(Date.now() + RUN_WITHIN_MS, () => run.result())
      .catch((error: unknown) => {
        const why = `it has not completed within ${RUN_WITHIN_MS} ms`;
        throw new Error(`${start.workflowId} was to make ${endpoint} known as quick: ${why}`, { cause: error });
      });
    const { events } = await run.fetchHistory();
    const activities = events?.flatMap((event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? []);
    if (activities?.at(-1) === 'submitJob') return;
  }
  const jobs = RUNS_MAX * stages().flat().length;
  throw new Error(
    `${endpoint} is not known as quick after ${jobs} jobs of ${JOB_MS} ms: no submit stays with its job, or the machine has too much else to do`,
  );
}

function stages() {
  const stage = (n: number, size: number) =>
    Array.from({ length: size }, (_, at) => ({ unit: `s${n}.${at}`, ms: JOB_MS, fails: false }));
  return [...Array.from({ length: STAGES }, (_, n) => stage(n, SIDE_BY_SIDE)), stage(STAGES, 1)];
}
