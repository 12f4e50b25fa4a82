import {
  ApplicationFailure,
  CancellationScope,
  ChildWorkflowCancellationType,
  ChildWorkflowFailure,
  type ChildWorkflowHandle,
  type ChildWorkflowOptions,
  executeChild,
  isCancellation,
  ParentClosePolicy,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { JsonObject, JsonValue } from '../../job-api/json.js';
import { NOTHING_SPENT, type Spent } from '../budget/account.js';
import type { BudgetPart } from '../budget/messages.js';
import type { RunBudget } from '../budget/run-budget.js';
import { tellChild } from '../budget/signals.js';
import {
  type FailureType,
  type NestedFailureDetails,
  type Settlement,
  type SettlingProgress,
  WORKFLOW_TYPES,
} from '../contract.js';
import { totalSettling } from '../jobs/settling.js';
import { keepNested } from '../jobs/stream-places.js';
import type { nested } from '../nested.js';
import type { NestedFailure, NestedInput, NestedReport, NestedResult } from '../nested-contract.js';
import { childWorkflowId, cutToBytes } from './child-id.js';
import type { Counts } from './pipeline-state.js';

/** How a nested run ended. Whichever way, its jobs have ended, or the settlement names those that were not seen to. */
export type NestedEnd = { readonly counts?: Counts; readonly settlement?: Settlement } & (
  | { readonly kind: 'completed'; readonly output: JsonValue }
  | {
      readonly kind: 'failed';
      readonly type: FailureType;
      readonly message: string;
      readonly details: NestedFailureDetails;
    }
  | { readonly kind: 'cancelled' }
);

export interface NestedOrder extends Omit<NestedInput, 'v' | 'reports' | 'reportsSettling' | 'budget'> {
  /** Of which it gets a part. */
  readonly budget?: RunBudget;
  /** Told how far it is; absent: it does not say. */
  readonly onCounts?: (counts: Counts) => void;
}

/** Temporal takes 400 bytes of summary. */
const SUMMARY_MAX_BYTES = 400;

/** Submits of a nested run that it need not ask for, since an ask takes nine events here: most have no more. */
const FIRST_SUBMITS = 8;

/** What is known of a nested run before its end. */
interface UnderWay extends Pick<NestedReport, 'settlement' | 'spent'> {
  readonly onCounts: NestedOrder['onCounts'];
}

/** The nested runs of a workflow that are under way. */
export class NestedChildren {
  readonly #underWay = new Map<string, UnderWay>();

  /** Of those that were cancelled: how far each is with its jobs, or was at its end. */
  readonly #settling = new Map<string, SettlingProgress>();

  /** How far all are that were cancelled. */
  get settling(): SettlingProgress {
    return totalSettling(this.#settling.values());
  }

  /** What a nested run tells; from anyone else it changes nothing, since only one that runs is listened to. */
  report({ workflowId, counts, settling, ...last }: NestedReport): void {
    const child = this.#underWay.get(workflowId);
    if (child === undefined) return;
    this.#underWay.set(workflowId, { ...child, ...last });
    if (settling !== undefined) this.#settling.set(workflowId, settling);
    child.onCounts?.(counts);
  }

  /**
   * Runs a pipeline to its end. Never throws for what can happen to it; a cancel of the surrounding scope ends it as
   * `cancelled`, after it has settled its jobs.
   */
  async follow(order: NestedOrder): Promise<NestedEnd> {
    const { totalMs } = order.settings;
    const asked = CancellationScope.current();
    // The timer costs two events, so only a step that asked for a total limit has one.
    const end = await (totalMs === undefined
      ? this.#execute(order)
      : new CancellationScope({ cancellable: true, timeout: totalMs }).run(() => this.#execute(order)));
    if (end.kind !== 'cancelled' || asked.consideredCancelled) return end;
    const { kind: _, workflowId, ...rest } = end;
    this.#settling.delete(workflowId);
    return totalMs !== undefined && end.byScope
      ? failed(workflowId, 'TotalTimeout', `the pipeline took longer than its total limit of ${totalMs} ms`, rest)
      : failed(workflowId, 'StepFailed', `the nested run ${workflowId} was cancelled by someone else`, rest);
  }

  async #execute({ onCounts, budget, ...order }: NestedOrder): Promise<Executed> {
    const scope = CancellationScope.current();
    const workflowId = idOf(order);
    this.#underWay.set(workflowId, { onCounts });
    keepNested(order, workflowId);
    const run = (part?: BudgetPart): NestedStart => ({
      workflowId,
      // Of several, how many jobs they have to settle says enough.
      args: [
        {
          v: 1,
          ...order,
          ...(part === undefined ? {} : { budget: part }),
          reports: onCounts !== undefined,
          reportsSettling: onCounts === undefined ? 'first' : 'all',
        },
      ],
      staticSummary: cutToBytes(summaryOf(order), SUMMARY_MAX_BYTES),
      // However the one that started it ends, it settles its jobs.
      parentClosePolicy: ParentClosePolicy.REQUEST_CANCEL,
      cancellationType: ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
    });
    try {
      const { output, counts, settlement, spent } = await (budget === undefined
        ? executeChild<typeof nested>(WORKFLOW_TYPES.nested, run())
        : executeWithin(budget, workflowId, run));
      budget?.ended(workflowId, spent);
      this.#settling.delete(workflowId);
      return { kind: 'completed', output, counts, settlement };
    } catch (error) {
      const { settlement, spent } = this.#underWay.get(workflowId) ?? {};
      if (isCancellation(error)) {
        // It tells what it has spent before it closes, unless it never began.
        budget?.ended(workflowId, spent ?? NOTHING_SPENT);
        const byScope = scope.consideredCancelled;
        return { kind: 'cancelled', workflowId, byScope, ...(settlement !== undefined && { settlement }) };
      }
      this.#settling.delete(workflowId);
      budget?.ended(workflowId, spentBefore(error));
      return readFailure(error, workflowId);
    } finally {
      this.#underWay.delete(workflowId);
    }
  }
}

type NestedStart = ChildWorkflowOptions & { readonly args: [NestedInput] };

/** The same as `executeChild`, with a handle: what the budget has to say to it must not come before its start. */
async function executeWithin(
  budget: RunBudget,
  workflowId: string,
  run: (part: BudgetPart) => NestedStart,
): Promise<NestedResult> {
  const part = budget.share(
    workflowId,
    FIRST_SUBMITS,
    tellChild(() => child),
  );
  const child: Promise<ChildWorkflowHandle<typeof nested>> = startChild<typeof nested>(
    WORKFLOW_TYPES.nested,
    run(part),
  );
  const handle = await child;
  return await handle.result();
}

/** By a run that failed: nothing where it had no plan yet. One that was terminated cannot tell. */
function spentBefore(error: unknown): Spent | undefined {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (!(cause instanceof ApplicationFailure)) return undefined;
  const [{ spent = NOTHING_SPENT } = {}] = (cause.details ?? []) as readonly Partial<NestedFailure>[];
  return spent;
}

type Executed =
  | Exclude<NestedEnd, { kind: 'cancelled' }>
  | (Extract<NestedEnd, { kind: 'cancelled' }> & { readonly workflowId: string; readonly byScope: boolean });

/** A slice is a step's own already. */
function idOf({ step, index }: Pick<NestedOrder, 'step' | 'index'>): string {
  const { workflowId, workflowType } = workflowInfo();
  const parts = [...(workflowType === WORKFLOW_TYPES.slice ? [] : [step]), ...(index === undefined ? [] : [index])];
  return childWorkflowId(workflowId, ...parts);
}

function summaryOf({ step, index, settings: { name } }: Pick<NestedOrder, 'step' | 'index' | 'settings'>): string {
  const place = index === undefined ? step : `${step}[${index}]`;
  return name === undefined ? place : `${place}: pipeline ${name}`;
}

function readFailure(error: unknown, workflowId: string): Extract<NestedEnd, { kind: 'failed' }> {
  const cause = error instanceof ChildWorkflowFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure && cause.type) {
    const [details = {}] = (cause.details ?? []) as readonly (Partial<NestedFailure> & JsonObject)[];
    const { counts, settlement, spent: _, ...rest } = details;
    return failed(workflowId, cause.type as FailureType, cause.message, {
      ...(counts !== undefined && { counts }),
      ...(settlement !== undefined && { settlement }),
      details: rest,
    });
  }
  // Terminated from outside, or never started: it has no result to tell of its jobs.
  const message = cause instanceof Error ? cause.message : String(cause);
  return failed(workflowId, 'StepFailed', `the nested run ${workflowId} ended without a result: ${message}`, {});
}

function failed(
  workflowId: string,
  type: FailureType,
  message: string,
  {
    details,
    ...known
  }: Pick<NestedEnd, 'counts' | 'settlement'> & { details?: Omit<NestedFailureDetails, 'workflowId'> },
): Extract<NestedEnd, { kind: 'failed' }> {
  return { kind: 'failed', type, message, ...known, details: { workflowId, ...details } };
}
