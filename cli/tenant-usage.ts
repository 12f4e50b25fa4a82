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

/** By tenant, in the order of their names. Holds the sums alone, however many runs there are; those of no tenant do not count. */
export async function sumUsage(
  runs: AsyncIterable<Pick<RunSummary, 'tenant' | 'usage'>>,
): Promise<readonly TenantUsage[]> {
  const sums = new Map<string, TenantUsage>();
  for await (const { tenant, usage } of runs) {
    if (tenant === undefined) continue;
    const sum = sums.get(tenant) ?? { tenant, runs: 0, unreported: 0, usage: NONE };
    const told = usage === undefined ? { unreported: sum.unreported + 1 } : { usage: add(sum.usage, usage) };
    sums.set(tenant, { ...sum, runs: sum.runs + 1, ...told });
  }
  return [...sums.values()].sort((a, b) => (a.tenant < b.tenant ? -1 : 1));
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
