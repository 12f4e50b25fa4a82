import { ApplicationFailure, condition, continueAsNew, setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import { countUnseenDuplicates } from './metrics.js';
import type { ReapInput, ReapResult, ReapState } from './reap-contract.js';
import { addRuns, LEFT_MAX, listFrom, NOTHING_YET, nextState, stillLeft } from './reap-progress.js';
import { ReapedRuns } from './reaped-runs.js';
import { runActivity } from './run-activity.js';

const MAX_RUNS = 100;
/** Passes of one start, each in a history of its own; what is left then, the next start finds. */
const MAX_PASSES = 20;

/**
 * Settles the jobs of runs that could not: they were terminated or timed out, or closed while a job of theirs was not seen
 * to end. One pass looks at so many runs, the oldest first; a start makes several where there are more. Started by a
 * schedule, it goes on where its last start ended. While a job takes long to settle, it looks for others, for no second
 * start runs beside it.
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

  const look = (fromThen: string | undefined, done: ReapState['done'], includeOpen: boolean) =>
    runActivity(
      'findUnsettled',
      { taskQueue, done, maxRuns, includeOpen, ...(fromThen !== undefined && { from: fromThen }) },
      { summary: `runs since ${fromThen ?? '7 days ago'}` },
    );

  let found = isFull
    ? { runs: [], through: state?.through ?? '', more: false }
    : await look(from, state?.done ?? [], continued === undefined);
  const runs = new ReapedRuns(dryRun);
  runs.add([...again, ...found.runs]);
  // Less often, the longer it takes: half an hour at most.
  for (let looks = 1; !runs.allDone && !found.more && found.lookAgainMs !== undefined; looks++) {
    if (await condition(() => runs.allDone, looks * found.lookAgainMs)) break;
    found = await look(latest(listFrom(found), from), [...(state?.done ?? []), ...runs.closed], false);
    runs.add(found.runs);
  }
  const reaped = await runs.result();

  const sum = addRuns(continued?.result ?? NOTHING_YET, reaped);
  // A person who looks again finds what the schedule has counted, or will count.
  if (since === undefined && !dryRun) {
    const seen = new Set(again.map(({ runId }) => runId));
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

/** A person who says since when means it. */
function latest(a: string | undefined, b: string | undefined): string | undefined {
  return a !== undefined && b !== undefined && Date.parse(a) < Date.parse(b) ? b : a;
}

function detailsOf({ runs, outcomes, more }: ReapResult): string {
  const counts = Object.entries(outcomes).map(([outcome, count]) => `${count} ${outcome}`);
  return `${runs} runs looked at; jobs they left: ${counts.join(', ') || 'none'}${more ? '; more to come' : ''}`;
}
