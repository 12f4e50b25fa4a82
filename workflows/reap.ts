import {
  ApplicationFailure,
  continueAsNew,
  isCancellation,
  setCurrentDetails,
  workflowInfo,
} from '@temporalio/workflow';
import { countUnseenDuplicates } from './metrics.js';
import type { ReapInput, ReapResult, ReapState, RunToReap } from './reap-contract.js';
import { addRuns, LEFT_MAX, listFrom, NOTHING_YET, nextState, type ReapedRun, stillLeft } from './reap-progress.js';
import { runActivity } from './run-activity.js';

const MAX_RUNS = 100;
/** Runs whose jobs are settled at a time. */
const AT_ONCE = 10;
/** Passes of one start, each in a history of its own; what is left then, the next start finds. */
const MAX_PASSES = 20;

/**
 * Settles the jobs of runs that could not: they were terminated or timed out, or closed while a job of theirs was not seen
 * to end. One pass looks at so many runs, the oldest first; a start makes several where there are more. Started by a
 * schedule, it goes on where its last start ended.
 */
export async function reap(input: ReapInput): Promise<ReapResult> {
  const { taskQueue, dryRun = false, maxRuns = MAX_RUNS, since, continued } = input;
  if (!Number.isInteger(maxRuns) || maxRuns < 1 || maxRuns > 500 || typeof taskQueue !== 'string') {
    throw ApplicationFailure.nonRetryable('reap takes {taskQueue}, and maxRuns from 1 to 500', 'InvalidRequest');
  }
  const before = continued?.result ?? lastResult();
  const state = since === undefined || continued ? before?.state : undefined;
  const from = continued?.result.state.through ?? since ?? listFrom(state);
  const again = continued ? [] : stillLeft(state, Date.now());
  const isFull = (state?.left.length ?? 0) >= LEFT_MAX;

  const found = isFull
    ? { runs: [], through: state?.through ?? '', more: false }
    : await runActivity(
        'findUnsettled',
        {
          taskQueue,
          done: state?.done ?? [],
          maxRuns,
          includeOpen: continued === undefined,
          ...(from !== undefined && { from }),
        },
        { summary: `runs since ${from ?? '7 days ago'}` },
      );
  const seen = new Set(again.map(({ runId }) => runId));
  const reaped = await inTurns([...again, ...found.runs.filter(({ runId }) => !seen.has(runId))], dryRun);

  const sum = addRuns(continued?.result ?? NOTHING_YET, reaped);
  // A person who looks again finds what the schedule has counted, or will count.
  if (since === undefined && !dryRun) {
    for (const { run, result } of reaped)
      if (!seen.has(run.runId)) countUnseenDuplicates(result?.unseenDuplicates ?? {});
  }
  const passes = (continued?.passes ?? 0) + 1;
  const result: ReapResult = {
    ...sum,
    more: found.more || isFull,
    state: nextState(state, reaped, found.through, Date.now()),
  };
  setCurrentDetails(detailsOf(result));
  if (found.more && passes < MAX_PASSES) {
    return await continueAsNew<typeof reap>({ ...input, continued: { passes, result } });
  }
  return result;
}

/** Of the start before, where a schedule started both. */
function lastResult(): { readonly state: ReapState } | undefined {
  const { lastResult } = workflowInfo();
  return typeof lastResult === 'object' && lastResult !== null && 'state' in lastResult
    ? (lastResult as ReapResult)
    : undefined;
}

async function inTurns(runs: readonly RunToReap[], dryRun: boolean): Promise<ReapedRun[]> {
  const reaped: ReapedRun[] = [];
  let next = 0;
  const turns = Array.from({ length: Math.min(AT_ONCE, runs.length) }, async () => {
    for (let at = next++; at < runs.length; at = next++) {
      const { workflowId, runId, closedAt } = runs[at] as RunToReap;
      const run = { workflowId, runId, ...(closedAt !== undefined && { closedAt }) };
      try {
        const result = await runActivity(
          'settleRun',
          { workflowId, runId, ...(dryRun && { dryRun }) },
          { activityId: `settle/${runId}`, summary: `settle what ${workflowId} left` },
        );
        reaped[at] = { run, result };
      } catch (error) {
        if (isCancellation(error)) throw error;
        // Temporal did not answer in half an hour. The next pass looks again.
        reaped[at] = { run };
      }
    }
  });
  await Promise.all(turns);
  return reaped;
}

function detailsOf({ runs, outcomes, more }: ReapResult): string {
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return `${runs} runs looked at; jobs they left: ${counts.join(', ') || 'none'}${more ? '; more to come' : ''}`;
}
