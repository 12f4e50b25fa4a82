/** What jobs have used, and its sums. Pure. */
import type { Attempt, Usage, WasteReason } from '../contract.js';

export const NO_USAGE: Usage = { jobs: 0, executionMs: 0, wastedMs: 0, estimatedCostUsd: 0 };

/** Of one remote job that is over. */
export function usageOf(
  attempt: Pick<Attempt, 'outcome' | 'superseded'>,
  facts: Pick<Attempt, 'delayTimeMs' | 'executionTimeMs' | 'estimatedCostUsd'>,
): Usage {
  const executionMs = facts.executionTimeMs ?? 0;
  // A job that never ran cost nothing; one that ran without a known price makes the sum unknown.
  const cost = facts.estimatedCostUsd ?? (executionMs === 0 ? 0 : undefined);
  const reason = wasteReason(attempt);
  return {
    jobs: 1,
    ...(facts.delayTimeMs === undefined ? {} : { queueMs: facts.delayTimeMs }),
    executionMs,
    wastedMs: reason === undefined ? 0 : executionMs,
    ...(reason === undefined || executionMs === 0 ? {} : { wasted: { [reason]: executionMs } }),
    ...(cost === undefined ? {} : { estimatedCostUsd: cost }),
  };
}

function wasteReason({ outcome, superseded }: Pick<Attempt, 'outcome' | 'superseded'>): WasteReason | undefined {
  if (superseded) return 'hedgesMs';
  switch (outcome) {
    case 'COMPLETED':
      return undefined;
    case 'CANCELLED':
      return 'cancelsMs';
    case 'SubmitAmbiguous':
      return 'duplicatesMs';
    default:
      return 'failuresMs';
  }
}

/** Sums; the cost stays absent once it is unknown for one part. */
export function addUsage(a: Usage, b: Usage): Usage {
  const queueMs = addKnown(a.queueMs, b.queueMs);
  const sum = {
    jobs: a.jobs + b.jobs,
    ...(queueMs === undefined ? {} : { queueMs }),
    executionMs: a.executionMs + b.executionMs,
    wastedMs: a.wastedMs + b.wastedMs,
    ...addWasted(a.wasted, b.wasted),
  };
  if (a.estimatedCostUsd === undefined || b.estimatedCostUsd === undefined) return sum;
  return { ...sum, estimatedCostUsd: a.estimatedCostUsd + b.estimatedCostUsd };
}

const REASONS: readonly WasteReason[] = ['failuresMs', 'cancelsMs', 'duplicatesMs', 'hedgesMs'];

function addWasted(a: Usage['wasted'], b: Usage['wasted']): Pick<Usage, 'wasted'> {
  if (a === undefined && b === undefined) return {};
  const sums = REASONS.flatMap((reason) => {
    const sum = addKnown(a?.[reason], b?.[reason]);
    return sum === undefined ? [] : [[reason, sum] as const];
  });
  return { wasted: Object.fromEntries(sums) };
}

function addKnown(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined ? b : a + (b ?? 0);
}

/** Usage of all parts together. */
export function totalUsage(parts: Iterable<{ readonly usage: Usage }>): Usage {
  let sum = NO_USAGE;
  for (const part of parts) sum = addUsage(sum, part.usage);
  return sum;
}
