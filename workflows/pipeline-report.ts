/** What a pipeline tells of itself: progress, step summaries, the view that expressions get. Pure. */
import type { StepView } from '../activities/contract.js';
import type { Progress, StepStatus, StepSummary } from './contract.js';
import { type JobRecord, totalUsage } from './job-record.js';
import type { PipelinePlan } from './plan.js';
import { hasEnded, type PipelineState, type StepState } from './step-state.js';

/** The records of a pipeline's jobs, by step, in item order. */
export type StepRecords = ReadonlyMap<string, readonly JobRecord[]>;

export function allRecords(records: StepRecords): JobRecord[] {
  return [...records.values()].flat();
}

export function progressOf(
  plan: PipelinePlan | undefined,
  state: PipelineState | undefined,
  records: StepRecords,
  status: Progress['status'],
): Progress {
  const steps = (plan?.steps ?? []).flatMap(({ name }) => {
    const step = state?.steps[name];
    return step ? [[name, stepProgress(step)] as const] : [];
  });
  return { status, steps: Object.fromEntries(steps), usage: totalUsage(allRecords(records)) };
}

function stepProgress(step: StepState): Progress['steps'][string] {
  const count = (status: string) => step.items.filter((item) => item.status === status).length;
  // A value has no jobs: it counts as one thing to do, so that a reader need not know the difference.
  if (step.items.length === 0) {
    const done = step.status === 'completed' ? 1 : 0;
    return { status: publicStatus(step, false), done, total: 1, failed: step.status === 'failed' ? 1 : 0 };
  }
  return {
    status: publicStatus(step, false),
    done: count('completed'),
    total: step.items.length,
    failed: count('failed'),
  };
}

export function summariesOf(
  plan: PipelinePlan,
  state: PipelineState,
  records: StepRecords,
): Record<string, StepSummary> {
  return Object.fromEntries(
    plan.steps.map(({ name }) => {
      const step = state.steps[name] as StepState;
      const jobs = totalUsage(records.get(name) ?? []).jobs;
      return [
        name,
        {
          status: publicStatus(step, true),
          jobs,
          ...(step.startedAt === undefined ? {} : { startedAt: step.startedAt }),
          ...(step.endedAt === undefined ? {} : { endedAt: step.endedAt }),
          ...(step.error === undefined ? {} : { error: step.error }),
        },
      ];
    }),
  );
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
      ...(step.items.some(({ error }) => error) ? { errors: step.items.map(({ error }) => error ?? null) } : {}),
    };
  }
  return views;
}
