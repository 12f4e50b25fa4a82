import type { RunSummary } from '../client/list-runs.js';

/** What the runs of one tenant have used. */
export interface TenantUsage {
  readonly tenant: string;
  readonly runs: number;
  /** Those of them whose usage is not in the sums: they go on, or ended before they could report it. */
  readonly unreported: number;
  readonly usage: {
    readonly jobs: number;
    readonly queueMs: number;
    readonly executionMs: number;
    readonly wastedMs: number;
    /** Absent where a job ran on an endpoint without a price. */
    readonly estimatedCostUsd?: number;
  };
}

const NONE = { jobs: 0, queueMs: 0, executionMs: 0, wastedMs: 0, estimatedCostUsd: 0 } as const;

/** By tenant, in the order of their names. Pure. */
export function sumUsage(runs: readonly Pick<RunSummary, 'tenant' | 'usage'>[]): readonly TenantUsage[] {
  const names = [...new Set(runs.flatMap(({ tenant }) => tenant ?? []))].sort();
  return names.map((tenant) => {
    const own = runs.filter((run) => run.tenant === tenant);
    const reports = own.flatMap(({ usage }) => usage ?? []);
    return { tenant, runs: own.length, unreported: own.length - reports.length, usage: reports.reduce(add, NONE) };
  });
}

function add(sum: TenantUsage['usage'], usage: NonNullable<RunSummary['usage']>): TenantUsage['usage'] {
  const parts = {
    jobs: sum.jobs + usage.jobs,
    queueMs: sum.queueMs + (usage.queueMs ?? 0),
    executionMs: sum.executionMs + usage.executionMs,
    wastedMs: sum.wastedMs + usage.wastedMs,
  };
  if (sum.estimatedCostUsd === undefined || usage.estimatedCostUsd === undefined) return parts;
  return { ...parts, estimatedCostUsd: sum.estimatedCostUsd + usage.estimatedCostUsd };
}
