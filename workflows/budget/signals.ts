/** How workflows of one run reach one another about the budget that they share. */
import {
  CancellationScope,
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';
import type { BudgetInput } from '../budget-contract.js';
import {
  BUDGET_GRANTED_SIGNAL,
  BUDGET_TOLD_SIGNAL,
  type BudgetGranted,
  type BudgetPart,
  type BudgetTold,
} from './messages.js';
import { RunBudget, type Tell } from './run-budget.js';

/** A child, from when its start was asked for. */
export type Started = Promise<{ signal(name: string, message: BudgetGranted): Promise<void> }>;

/** Of a run that somebody started. */
export function wholeBudget(budget: BudgetInput): RunBudget {
  return new RunBudget({ whole: budget, granted: budget }, { wait: condition });
}

/** Of a workflow within one, as it was started with it. */
export function partOfBudget(part: BudgetPart): RunBudget {
  return new RunBudget(part, {
    wait: condition,
    async tellAround(told) {
      const { parent, workflowId } = workflowInfo();
      if (parent === undefined) return;
      const message: BudgetTold = { workflowId, ...told };
      await CancellationScope.nonCancellable(() =>
        getExternalWorkflowHandle(parent.workflowId, parent.runId).signal(BUDGET_TOLD_SIGNAL, message),
      );
    },
  });
}

/** Listens to the workflow around and to those within. Issues no command. */
export function handleBudget(budget: () => RunBudget | undefined): void {
  setHandler(defineSignal<[BudgetTold]>(BUDGET_TOLD_SIGNAL), (told) => budget()?.heard(told));
  setHandler(defineSignal<[BudgetGranted]>(BUDGET_GRANTED_SIGNAL), (granted) => budget()?.granted(granted));
}

/** Tells a child, once it has started. */
export function tellChild(started: () => Started): Tell<BudgetGranted> {
  return (message) =>
    CancellationScope.nonCancellable(async () => {
      const child = await started();
      await child.signal(BUDGET_GRANTED_SIGNAL, message);
    });
}
