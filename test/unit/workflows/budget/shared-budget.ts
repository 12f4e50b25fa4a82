/** Workflows that share a budget, with everything that takes time between them in any order. */

import type { BudgetGranted, BudgetPart, BudgetTold } from '../../../../workflows/budget/messages.js';
import { type BudgetSurroundings, RunBudget } from '../../../../workflows/budget/run-budget.js';
import type { BudgetInput } from '../../../../workflows/contract.js';

/** A workflow: lanes of jobs, one job after the other in each, and workflows within. */
export interface Flow {
  /** Jobs of each lane. */
  readonly lanes: readonly number[];
  readonly within: readonly Flow[];
  /** Submits that it is known to make. */
  readonly need: number;
  /** It is cancelled after so many of its events. */
  readonly cancelAfter?: number;
}

export interface JobsOf {
  readonly costUsd: number;
  /** One in so many submits is refused; absent: none. */
  readonly refuseEvery?: number;
}

export interface Outcome {
  readonly made: number;
  /** Submits that were under way or made a job at once, at most. */
  readonly most: number;
  readonly costUsd: number;
  readonly denied: number;
  readonly waiting: number;
  readonly messages: number;
}

export class SharedBudget {
  readonly #pick: (count: number) => number;
  readonly #jobs: JobsOf;
  readonly #pending: (() => void)[] = [];
  #waits: { readonly holds: () => boolean; readonly resolve: () => void }[] = [];
  #submits = 0;
  #taken = 0;
  #outcome: Outcome = { made: 0, most: 0, costUsd: 0, denied: 0, waiting: 0, messages: 0 };

  /** @param pick which of so many things that are under way happens next */
  constructor(jobs: JobsOf, pick: (count: number) => number) {
    this.#jobs = jobs;
    this.#pick = pick;
  }

  async run(budget: BudgetInput, flow: Flow): Promise<Outcome> {
    void this.#flow(
      new RunBudget({ whole: budget, granted: budget }, { wait: this.#wait() }),
      flow,
      'run',
      () => false,
    );
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      const ready = this.#waits.filter(({ holds }) => holds());
      this.#waits = this.#waits.filter((wait) => !ready.includes(wait));
      for (const { resolve } of ready) resolve();
      if (ready.length > 0) continue;
      const [next] = this.#pending.splice(this.#pick(this.#pending.length), 1);
      if (next === undefined) return { ...this.#outcome, waiting: this.#waits.length };
      next();
    }
  }

  #later(): Promise<void> {
    return new Promise((resolve) => this.#pending.push(resolve));
  }

  #wait(isCancelled = () => false): BudgetSurroundings['wait'] {
    return async (condition) => {
      await new Promise<void>((resolve) => this.#waits.push({ holds: () => condition() || isCancelled(), resolve }));
      if (isCancelled()) throw new Error('cancelled');
    };
  }

  async #flow(budget: RunBudget, flow: Flow, id: string, isCancelled: () => boolean): Promise<void> {
    const lanes = flow.lanes.map((jobs) => this.#lane(budget, jobs, isCancelled));
    const within = flow.within.map((inner, at) => this.#start(budget, inner, `${id}/${at}`, isCancelled));
    await Promise.all([...lanes, ...within]);
  }

  async #start(around: RunBudget, flow: Flow, id: string, isAroundCancelled: () => boolean): Promise<void> {
    await this.#later();
    let left = flow.cancelAfter ?? Number.POSITIVE_INFINITY;
    const isCancelled = () => isAroundCancelled() || left <= 0;
    // Nothing is lost that is said to a workflow before it runs.
    let start: (child: RunBudget) => void = () => {};
    const started = new Promise<RunBudget>((resolve) => {
      start = resolve;
    });
    const part: BudgetPart = around.share(id, flow.need, async (message: BudgetGranted) => {
      const to = await started;
      await this.#later();
      this.#count();
      left -= 1;
      to.granted(message);
    });
    await this.#later();
    const child = new RunBudget(part, {
      wait: this.#wait(isCancelled),
      tellAround: async (told: Omit<BudgetTold, 'workflowId'>) => {
        await this.#later();
        this.#count();
        left -= 1;
        around.heard({ workflowId: id, ...told });
      },
    });
    start(child);
    await this.#flow(child, flow, id, isCancelled);
    await this.#later();
    around.ended(id, child.spent);
  }

  async #lane(budget: RunBudget, jobs: number, isCancelled: () => boolean): Promise<void> {
    for (let job = 0; job < jobs && !isCancelled(); job++) {
      try {
        if (!(await budget.take())) {
          this.#outcome = { ...this.#outcome, denied: this.#outcome.denied + 1 };
          return;
        }
      } catch {
        return;
      }
      this.#taken += 1;
      this.#outcome = { ...this.#outcome, most: Math.max(this.#outcome.most, this.#taken) };
      const { refuseEvery, costUsd } = this.#jobs;
      this.#submits += 1;
      const isRefused = refuseEvery !== undefined && this.#submits % refuseEvery === 0;
      await this.#later();
      if (isRefused) {
        this.#taken -= 1;
        budget.giveBack();
        continue;
      }
      this.#outcome = { ...this.#outcome, made: this.#outcome.made + 1, costUsd: this.#outcome.costUsd + costUsd };
      budget.spend(costUsd);
    }
  }

  #count(): void {
    this.#outcome = { ...this.#outcome, messages: this.#outcome.messages + 1 };
  }
}
