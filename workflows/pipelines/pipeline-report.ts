/** What a pipeline tells of itself: progress, step summaries, the view that expressions get. Pure. */
import type { StepView } from '../../activities/contract.js';
import type { JobHandle } from '../../job-api/job.js';
import type { Progress, Settlement, SettlingProgress, StepStatus, StepSummary, Usage } from '../contract.js';
import { JobRecord, unsettledHandles } from '../jobs/job-record.js';
import { settlingIn, totalSettling } from '../jobs/settling.js';
import { totalUsage } from '../jobs/usage.js';
import type { PipelinePlan, StepPlan } from '../plan.js';
import { type Counts, countItems, hasEnded, type PipelineState, type StepState } from './pipeline-state.js';
import { waitingApprovals } from './waiting-approvals.js';

/** What jobs of a step have used: a record for each job of the pipeline's own, a settlement for each slice that ended. */
export type StepAccounts = ReadonlyMap<string, readonly (JobRecord | Settlement)[]>;

export function recordsIn(accounts: StepAccounts): JobRecord[] {
  return [...accounts.values()].flat().filter((account): account is JobRecord => account instanceof JobRecord);
}

export function settlementsIn(accounts: StepAccounts): Settlement[] {
  return [...accounts.values()].flat().filter((account): account is Settlement => !(account instanceof JobRecord));
}

export function usageIn(accounts: StepAccounts): Usage {
  return totalUsage([...accounts.values()].flat());
}

export function suspectedDuplicatesIn(accounts: StepAccounts): number {
  return [...accounts.values()].flat().reduce((sum, account) => sum + account.suspectedDuplicates, 0);
}

/** Jobs of the pipeline or its slices that could not be seen to end. */
export function unsettledIn(accounts: StepAccounts): JobHandle[] {
  const inSlices = settlementsIn(accounts).flatMap(({ jobs }) =>
    jobs.filter(({ settled }) => settled === 'unconfirmed'),
  );
  return [...unsettledHandles(recordsIn(accounts)), ...inSlices.map(({ handle }) => handle)];
}

export function progressOf(
  plan: PipelinePlan | undefined,
  state: PipelineState | undefined,
  accounts: StepAccounts,
  status: Progress['status'],
  ofNested?: SettlingProgress,
): Progress {
  const steps = (plan?.steps ?? []).flatMap((planned) => {
    const step = state?.steps[planned.name];
    return step ? [[planned.name, stepProgress(planned, step)] as const] : [];
  });
  const approvals = plan && state ? waitingApprovals(plan, state) : [];
  const settling = state && settlingOf(state, accounts, ofNested);
  return {
    status,
    steps: Object.fromEntries(steps),
    usage: usageIn(accounts),
    ...(approvals.length > 0 ? { approvals } : {}),
    ...(settling ? { settling } : {}),
  };
}

/**
 * Of a run that goes no further, and that had jobs under way then.
 *
 * @param ofNested what the nested runs have told of theirs
 */
export function settlingOf(
  state: PipelineState,
  accounts: StepAccounts,
  ofNested?: SettlingProgress,
): SettlingProgress | undefined {
  if (state.stopping === undefined) return undefined;
  const slices = Object.values(state.steps).flatMap(({ sliced }) => sliced?.slices ?? []);
  const settling = totalSettling([settlingIn(recordsIn(accounts)), ...slices.map((slice) => slice.settling), ofNested]);
  return settling.total > 0 ? settling : undefined;
}

/** All steps together, but those that were skipped. */
export function countsOf({ steps }: Pick<Progress, 'steps'>): Counts {
  return Object.values(steps)
    .filter(({ status }) => status !== 'skipped')
    .reduce(
      (sum, { done, failed, total }) => ({
        done: sum.done + done,
        failed: sum.failed + failed,
        total: sum.total + total,
      }),
      { done: 0, failed: 0, total: 0 },
    );
}

/** How far a step is. */
export function stepProgress({ approval }: StepPlan, step: StepState): Progress['steps'][string] {
  const { done, failed, total } = step.within ?? countItems(step);
  const waits = approval !== undefined && step.items.some(({ status }) => status === 'running');
  if (total > 0) return { status: waits ? 'waiting' : publicStatus(step, false), done, total, failed };
  // A value has no jobs: it counts as one thing to do, so that a reader need not know the difference.
  const is = (status: StepStatus) => (step.status === status ? 1 : 0);
  return { status: publicStatus(step, false), done: is('completed'), total: 1, failed: is('failed') };
}

export function summariesOf(
  plan: PipelinePlan,
  state: PipelineState,
  accounts: StepAccounts,
): Record<string, StepSummary> {
  return Object.fromEntries(
    plan.steps.map(({ name }) => [name, stepSummary(state.steps[name] as StepState, accounts.get(name) ?? [])]),
  );
}

/** What became of a step, given what its jobs have used. */
export function stepSummary(step: StepState, accounts: readonly (JobRecord | Settlement)[]): StepSummary {
  const usage = totalUsage(accounts);
  return {
    status: publicStatus(step, true),
    jobs: usage.jobs,
    ...(usage.jobs === 0 ? {} : { usage }),
    ...(step.startedAt === undefined ? {} : { startedAt: step.startedAt }),
    ...(step.endedAt === undefined ? {} : { endedAt: step.endedAt }),
    ...(step.error === undefined ? {} : { error: step.error }),
  };
}

/** A step that was under way when the run stopped has no end of its own: it was cancelled with the run. */
function publicStatus({ status }: StepState, runIsOver: boolean): StepStatus {
  if (status === 'preparing' || status === 'running') return runIsOver ? 'cancelled' : 'running';
  return status;
}

/** The steps that have ended, as expressions see them. */
export function viewsOf(state: PipelineState, names: Iterable<string>): Record<string, StepView> {
  const views: Record<string, StepView> = {};
  for (const name of new Set(names)) {
    const step = state.steps[name];
    if (step === undefined || !hasEnded(step)) continue;
    views[name] = {
      status: publicStatus(step, true),
      output: step.output,
      ...(step.error === undefined ? {} : { error: step.error }),
      ...errorsOf(step),
    };
  }
  return views;
}

function errorsOf({ items, errors }: StepState): Pick<StepView, 'errors'> {
  if (errors !== undefined) return { errors };
  if (!items.some(({ error }) => error)) return {};
  return { errors: items.map(({ error }) => (error ? { ...error } : null)) };
}
