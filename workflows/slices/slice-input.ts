import { tenantOf } from '../pipelines/pipeline-attributes.js';
import type { PipelineState } from '../pipelines/pipeline-state.js';
import type { PipelinePlan } from '../plan.js';
import type { SliceInput } from '../slice-contract.js';
import { reportEvery, type SliceCommand } from './slices.js';

/** What a slice of a step is started with, and how many items it has. */
export function sliceInputOf(
  plan: PipelinePlan,
  { steps }: PipelineState,
  { step, slice, slots }: { readonly step: string } & SliceCommand,
): { readonly input: SliceInput; readonly count: number } {
  const { sliced } = steps[step] ?? {};
  const state = sliced?.slices[slice];
  if (sliced === undefined || state === undefined) throw new TypeError(`step "${step}" has no slice ${slice}`);
  const { items, from, count } = state;
  const shared = { v: 1, step, work: sliced.work, reportEvery: reportEvery(sliced.slices), ...tenantOf(plan) } as const;
  return { input: { ...shared, slice, items, from, slots }, count };
}
