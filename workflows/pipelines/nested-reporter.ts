import { CancellationScope, condition, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import { NESTED_REPORT_SIGNAL, type NestedReport } from '../nested-contract.js';
import type { Counts } from './pipeline-state.js';

/** Of what there is to do, the part that has to be done anew for a further report: each costs events on both sides. */
const SHARE = 1 / 20;

/** Tells the workflow around a nested run how far it is, now and then. */
export class NestedReporter {
  #sending = false;
  #told = 0;
  /** What came while a report was on its way. */
  #next: Counts | undefined;

  /** Sent where enough was done since the last report, one at a time. */
  offer(counts: Counts): void {
    this.#next = counts;
    if (this.#sending || !isWorthTelling(counts, this.#told)) return;
    this.#told = counts.done + counts.failed;
    void this.tell({ counts });
  }

  /** Resolves once the server has it, or has nobody to give it to. */
  async tell(report: Omit<NestedReport, 'workflowId'>): Promise<void> {
    const { parent, workflowId } = workflowInfo();
    if (parent === undefined) return;
    this.#sending = true;
    try {
      await CancellationScope.nonCancellable(() =>
        getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(NESTED_REPORT_SIGNAL, {
          workflowId,
          ...report,
        } satisfies NestedReport),
      );
    } catch {
      // It is gone. Its close has cancelled this run, whose memo tells of the jobs.
    } finally {
      this.#sending = false;
      if (this.#next !== undefined) this.offer(this.#next);
    }
  }

  /** Resolves once no report is on its way: a workflow that closes before would leave it unsent. Ends the offers. */
  async settled(): Promise<void> {
    this.#next = undefined;
    await CancellationScope.nonCancellable(() => condition(() => !this.#sending));
  }
}

/** Whether a report changes what a person sees. */
export function isWorthTelling({ done, failed, total }: Counts, told: number): boolean {
  return done + failed - told >= Math.max(1, Math.ceil(total * SHARE));
}
