/** How large a value of a step may be in the history of the run; what is larger becomes an artifact. Pure. */
import type { PipelinePlan, Template } from '../plan.js';

/** There are up to 100 of an item's in a history. */
const ITEM_MAX_BYTES = 8 * 1024;
const STEP_MAX_BYTES = 64 * 1024;

/**
 * For the values of all steps together, of the 4 MiB at which Temporal suggests to begin anew. The events of 200 jobs take
 * half a MiB without any (measured).
 */
const STEPS_MAX_BYTES = 3 * 1024 * 1024;
/** An input is there as `evaluate` made it and in its submit, and an output once. */
const TIMES = 3;

/** For an input, an output or a `set` of this step, in bytes of JSON: 64 KiB up to 16 steps, 5 KiB of 200. */
export function inlineMaxBytes(
  { steps }: Pick<PipelinePlan, 'steps'>,
  { forEach }: { readonly forEach?: Template | undefined },
): number {
  const share = Math.floor(STEPS_MAX_BYTES / TIMES / steps.length);
  return Math.min(forEach === undefined ? STEP_MAX_BYTES : ITEM_MAX_BYTES, share);
}
