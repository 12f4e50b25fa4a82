/** What a pass of `reap` adds to those before it. Pure. */
import type { SettleRunResult } from '../activities/contract.js';
import type { DoneRun, LeftRun, ReapOutcome, ReapResult, ReapState, RunToReap } from './reap-contract.js';

/** Visibility tells of a run some time after it closed: milliseconds on SQL, seconds elsewhere. */
const OVERLAP_MS = 5 * 60_000;
const DONE_MAX = 500;
const JOBS_MAX = 100;
const UNREADABLE_MAX = 20;
/** So many runs that could not be settled say that something else is wrong: nothing new is begun until they are. */
export const LEFT_MAX = 200;

export const NOTHING_YET: Omit<ReapResult, 'state' | 'more'> = {
  runs: 0,
  outcomes: {},
  jobs: [],
  suspectedDuplicates: 0,
  unreadable: [],
};

/** A run that was looked at. Without a result it could not be, for reasons of our own. */
export interface ReapedRun {
  readonly run: RunToReap;
  readonly result?: SettleRunResult;
}

/** What the passes so far have found, with what this one has. */
export function addRuns(
  before: Omit<ReapResult, 'state' | 'more'>,
  reaped: readonly ReapedRun[],
): Omit<ReapResult, 'state' | 'more'> {
  const outcomes: Partial<Record<ReapOutcome, number>> = { ...before.outcomes };
  for (const { result } of reaped) {
    for (const [outcome, count] of Object.entries(result?.outcomes ?? {}) as [ReapOutcome, number][]) {
      outcomes[outcome] = (outcomes[outcome] ?? 0) + count;
    }
  }
  const unreadable = reaped.flatMap(({ run: { workflowId, runId }, result }) =>
    result?.unreadable === undefined ? [] : [{ workflowId, runId, message: result.unreadable }],
  );
  return {
    runs: before.runs + reaped.length,
    outcomes,
    jobs: [...before.jobs, ...reaped.flatMap(({ result }) => result?.jobs ?? [])].slice(0, JOBS_MAX),
    suspectedDuplicates: reaped.reduce(
      (sum, { result }) => sum + (result?.suspectedDuplicates ?? 0),
      before.suspectedDuplicates,
    ),
    unreadable: [...before.unreadable, ...unreadable].slice(0, UNREADABLE_MAX),
  };
}

/** When runs are listed from: before the end of the last pass, since some that had closed then may not have been told of. */
export function listFrom(state: Pick<ReapState, 'through'> | undefined): string | undefined {
  return state && new Date(Date.parse(state.through) - OVERLAP_MS).toISOString();
}

/** Runs of passes before that must be looked at again. */
export function stillLeft(state: ReapState | undefined, nowMs: number): readonly LeftRun[] {
  return state?.left.filter(({ until }) => Date.parse(until) > nowMs) ?? [];
}

/** What the next pass is told. */
export function nextState(
  before: ReapState | undefined,
  reaped: readonly ReapedRun[],
  through: string,
  nowMs: number,
): ReapState {
  const lookedAt = new Set(reaped.map(({ run }) => run.runId));
  const left = reaped.flatMap(({ run: { workflowId, runId }, result }): LeftRun[] => {
    // Not even read: its jobs may live for as long as any.
    const until = result ? result.unconfirmedUntil : new Date(nowMs + 7 * 24 * 3_600_000).toISOString();
    return until === undefined ? [] : [{ workflowId, runId, until }];
  });
  const listedAgain = Date.parse(through) - OVERLAP_MS;
  const closed = reaped.flatMap(({ run: { runId, closedAt } }): DoneRun[] => (closedAt ? [{ runId, closedAt }] : []));
  const done = [...(before?.done ?? []), ...closed].filter(({ closedAt }) => Date.parse(closedAt) >= listedAgain);
  return {
    through,
    // Those that fall out are looked at once more, which does no harm.
    done: done.slice(-DONE_MAX),
    left: [...stillLeft(before, nowMs).filter(({ runId }) => !lookedAt.has(runId)), ...left],
  };
}
