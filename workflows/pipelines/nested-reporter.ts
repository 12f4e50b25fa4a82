import { CancellationScope, condition, getExternalWorkflowHandle, workflowInfo } from '@temporalio/workflow';
import type { SettlingProgress } from '../contract.js';
import { NESTED_REPORT_SIGNAL, type NestedInput, type NestedReport } from '../nested-contract.js';
import type { Counts } from './pipeline-state.js';

/** Of what there is to do, the part that has to be done anew for a further report: each costs events on both sides. */
const SHARE = 1 / 20;

type Standing = Pick<NestedReport, 'counts' | 'settling'>;

/** Tells the workflow around a nested run how far it is, now and then. */
export class NestedReporter {
  readonly #asked: Pick<NestedInput, 'reports' | 'reportsSettling'>;
  #sending = false;
  #told: { readonly ended: number; readonly settling: SettlingProgress } = {
    ended: 0,
    settling: { done: 0, total: 0 },
  };
  /** What came while a report was on its way. */
  #next: Standing | undefined;
  /** It will be looked at once all of this moment has happened. */
  #soon = false;
  #over = false;

  constructor(asked: Pick<NestedInput, 'reports' | 'reportsSettling'>) {
    this.#asked = asked;
  }

  /** Sent where enough was done since the last report, one at a time. */
  offer(standing: Standing): void {
    this.#next = standing;
    const { counts, settling } = standing;
    if (this.#sending || !this.#isDue(standing)) return;
    this.#told = { ended: counts.done + counts.failed, settling: settling ?? this.#told.settling };
    void this.tell(standing);
  }

  /** The same, once for all the jobs that change in one moment: of a thousand that are cancelled, it tells of a thousand. */
  offerSoon(read: () => Standing): void {
    if (this.#soon || this.#over) return;
    this.#soon = true;
    let now = true;
    void CancellationScope.nonCancellable(() => condition(() => !now)).then(() => {
      this.#soon = false;
      if (!this.#over) this.offer(read());
    });
    // A condition that holds at once would not wait for what else there is.
    now = false;
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
    this.#over = true;
    this.#next = undefined;
    await CancellationScope.nonCancellable(() => condition(() => !this.#sending));
  }

  #isDue({ counts, settling }: Standing): boolean {
    const { reports, reportsSettling } = this.#asked;
    if (reports && isWorthTelling(counts, this.#told.ended)) return true;
    return (
      reportsSettling !== undefined &&
      settling !== undefined &&
      isSettlingWorthTelling(settling, this.#told.settling, reportsSettling)
    );
  }
}

/** Whether a report changes what a person sees. */
export function isWorthTelling({ done, failed, total }: Counts, told: number): boolean {
  return done + failed - told >= Math.max(1, Math.ceil(total * SHARE));
}

/**
 * Whether a report of what is settled does. All jobs are mostly known at once; of those within that are heard of later, doubling
 * keeps the reports few.
 */
export function isSettlingWorthTelling(
  { done, total }: SettlingProgress,
  told: SettlingProgress,
  asked: 'first' | 'all',
): boolean {
  if (total >= Math.max(1, told.total * 2)) return true;
  return asked === 'all' && done - told.done >= Math.max(1, Math.ceil(total * SHARE));
}
