import { isCancellation } from '@temporalio/workflow';
import type { DoneRun, RunToReap } from './reap-contract.js';
import type { ReapedRun } from './reap-progress.js';
import { runActivity } from './run-activity.js';

/** Runs whose jobs are settled at a time. */
const AT_ONCE = 10;

/** The runs of a pass of `reap`, which settles their jobs in the order in which they were added, a few runs at a time. */
export class ReapedRuns {
  readonly #dryRun: boolean;
  readonly #runs: RunToReap[] = [];
  readonly #reaped: ReapedRun[] = [];
  readonly #turns: Promise<void>[] = [];
  #next = 0;
  #underWay = 0;

  constructor(dryRun: boolean) {
    this.#dryRun = dryRun;
  }

  /** Those that were added before are left out. */
  add(runs: readonly RunToReap[]): void {
    const known = new Set(this.#runs.map(({ runId }) => runId));
    this.#runs.push(...runs.filter(({ runId }) => !known.has(runId)));
    while (this.#underWay < AT_ONCE && this.#next < this.#runs.length) {
      this.#underWay += 1;
      const turn = this.#turn().finally(() => {
        this.#underWay -= 1;
      });
      // Awaited in `result`; until then its rejection is not unhandled.
      turn.catch(() => undefined);
      this.#turns.push(turn);
    }
  }

  get allDone(): boolean {
    return this.#underWay === 0;
  }

  /** Of those that were added, the ones that are not open. */
  get closed(): readonly DoneRun[] {
    return this.#runs.flatMap(({ runId, closedAt }) => (closedAt === undefined ? [] : [{ runId, closedAt }]));
  }

  /** Waits for all. Rejects where the pass is cancelled. */
  async result(): Promise<readonly ReapedRun[]> {
    await Promise.all(this.#turns);
    return this.#reaped;
  }

  async #turn(): Promise<void> {
    while (this.#next < this.#runs.length) {
      const at = this.#next++;
      const { workflowId, runId, closedAt } = this.#runs[at] as RunToReap;
      const run = { workflowId, runId, ...(closedAt !== undefined && { closedAt }) };
      try {
        const result = await runActivity(
          'settleRun',
          { workflowId, runId, ...(this.#dryRun && { dryRun: true }) },
          { activityId: `settle/${runId}`, summary: `settle what ${workflowId} left` },
        );
        this.#reaped[at] = { run, result };
      } catch (error) {
        if (isCancellation(error)) throw error;
        // Temporal did not answer in half an hour. The next pass looks again.
        this.#reaped[at] = { run };
      }
    }
  }
}
