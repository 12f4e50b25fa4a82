import { defineQuery, defineSignal, setHandler } from '@temporalio/workflow';
import type { RunBudget } from '../budget/run-budget.js';
import { handleBudget } from '../budget/signals.js';
import { PROGRESS_QUERY, type Progress } from '../contract.js';
import { NESTED_REPORT_SIGNAL, type NestedReport } from '../nested-contract.js';
import { SLICE_REPORT_SIGNAL } from '../slice-contract.js';
import { type Approvals, acceptApprovals } from './approvals.js';
import { progressOf } from './pipeline-report.js';
import type { PipelineRun } from './pipeline-run.js';
import type { SliceReport } from './pipeline-state.js';

/** A pipeline as it stands; without a run until its plan is there. */
export interface Standing {
  run?: PipelineRun;
  /** A nested run has its part before it has a plan. */
  budget?: RunBudget;
  status: Progress['status'];
}

/** Answers what a pipeline is asked and told from now on, whether people started it or it is nested in another. */
export function handlePipeline(standing: Standing): Approvals {
  setHandler(
    defineQuery<Progress>(PROGRESS_QUERY),
    () => standing.run?.progress(standing.status) ?? progressOf(undefined, undefined, new Map(), standing.status),
  );
  setHandler(defineSignal<[SliceReport]>(SLICE_REPORT_SIGNAL), (report) => standing.run?.report(report));
  setHandler(defineSignal<[NestedReport]>(NESTED_REPORT_SIGNAL), (report) => standing.run?.nestedReport(report));
  handleBudget(() => standing.budget);
  return acceptApprovals(() => standing.run);
}
