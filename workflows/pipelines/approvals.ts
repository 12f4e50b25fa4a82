import {
  ApplicationFailure,
  condition,
  defineSignal,
  defineUpdate,
  isCancellation,
  setHandler,
} from '@temporalio/workflow';
import type { JsonValue } from '../../job-api/json.js';
import { APPROVE, type ApprovalDecision, type ApproveRequest, type FailureType } from '../contract.js';
import { duration } from '../duration.js';
import type { ApprovalSettings, PipelinePlan } from '../plan.js';
import { type ApprovalBook, describeDecision, judgeRequest, placeOf, readApproveRequest } from './approval-requests.js';
import type { ItemEnd, PipelineState } from './pipeline-state.js';

/** Signals for approvals that are not asked for yet; more are forgotten. */
const EARLY_MAX = 1_000;

/** What a run looks like when a decision arrives; nothing before its plan is there. */
export type LookAtRun = () => { readonly plan: PipelinePlan; readonly state: PipelineState } | undefined;

/** Takes decisions from now on, by update and by signal. */
export function acceptApprovals(look: LookAtRun): Approvals {
  const approvals = new Approvals(look);
  setHandler(defineUpdate<ApprovalDecision, [ApproveRequest]>(APPROVE), (request) => approvals.decide(request), {
    validator: (request) => approvals.validate(request),
  });
  setHandler(defineSignal<[ApproveRequest]>(APPROVE), (request) => approvals.hear(request));
  return approvals;
}

/**
 * The people in the loop of a pipeline: what is asked for, and what was decided. The first decision stands. Reads the run,
 * and changes nothing but itself: the driver hears of a decision as of the end of any other item.
 */
export class Approvals {
  readonly #look: LookAtRun;
  readonly #open = new Set<string>();
  readonly #decisions = new Map<string, ApprovalDecision>();
  /** A signal cannot be refused, and its sender may not know how far the run is. */
  readonly #early = new Map<string, ApprovalDecision>();

  constructor(look: LookAtRun) {
    this.#look = look;
  }

  /** Of the update, before it is accepted: throws what its sender is told, and nothing is in the history. */
  validate(given: unknown): void {
    this.#judge(given);
  }

  /** Of the update. */
  decide(given: unknown): ApprovalDecision {
    const { request, stands } = this.#judge(given);
    return stands ?? this.#take(request);
  }

  /** Of the signal: what the update would refuse changes nothing, but a decision that comes too early is kept. */
  hear(given: unknown): void {
    const read = readApproveRequest(given);
    if (!read.ok) return;
    const { request } = read;
    const book = this.#book();
    const verdict = book === undefined ? 'too-early' : judgeRequest(request, book).kind;
    if (verdict === 'take') this.#take(request);
    if (verdict !== 'too-early') return;
    const place = placeOf(request.step, request.index);
    if (!this.#early.has(place) && this.#early.size < EARLY_MAX) this.#early.set(place, decisionOf(request));
  }

  /** Waits until somebody decides, the time is over, or the surrounding scope is cancelled. */
  async ask(place: string, settings: ApprovalSettings): Promise<ItemEnd> {
    const early = this.#early.get(place);
    if (early !== undefined) this.#decisions.set(place, early);
    try {
      if (early === undefined) await this.#decided(place, settings.timeoutMs);
    } catch (error) {
      if (isCancellation(error)) return { kind: 'cancelled' };
      throw error;
    }
    return this.#end(place, settings);
  }

  async #decided(place: string, timeoutMs: number): Promise<void> {
    this.#open.add(place);
    try {
      await condition(() => this.#decisions.has(place), timeoutMs, { summary: `approval of ${place}` });
    } finally {
      this.#open.delete(place);
    }
  }

  #end(place: string, { onTimeout, onReject, timeoutMs }: ApprovalSettings): ItemEnd {
    if (!this.#decisions.has(place) && onTimeout !== 'fail') {
      const expired = { by: null, note: null, at: new Date().toISOString(), expired: true };
      this.#decisions.set(place, { approved: onTimeout === 'approve', ...expired });
    }
    const decision = this.#decisions.get(place);
    if (decision?.approved || (decision !== undefined && onReject === 'continue')) {
      return { kind: 'completed', output: decision as unknown as JsonValue };
    }
    if (decision === undefined || decision.expired) {
      return { kind: 'failed', type: 'ApprovalExpired', message: `nobody decided within ${duration(timeoutMs)}` };
    }
    const why = decision.note === null ? '' : `: ${decision.note}`;
    return { kind: 'failed', type: 'ApprovalRejected', message: `${describeDecision(decision)}${why}` };
  }

  /** @throws ApplicationFailure where it cannot be taken. */
  #judge(given: unknown): { readonly request: ApproveRequest; readonly stands?: ApprovalDecision } {
    const read = readApproveRequest(given);
    if (!read.ok) throw refusal(read.message);
    const book = this.#book();
    if (book === undefined) throw refusal('the run has only just begun, and does not wait for an approval yet');
    const verdict = judgeRequest(read.request, book);
    if (verdict.kind === 'take') return { request: read.request };
    if (verdict.kind === 'stands') return { request: read.request, stands: verdict.decision };
    throw refusal(verdict.message);
  }

  #book(): ApprovalBook | undefined {
    const run = this.#look();
    if (run === undefined) return undefined;
    return {
      plan: run.plan,
      state: run.state,
      isOpen: (place) => this.#open.has(place) && !this.#decisions.has(place),
      decisionOf: (place) => this.#decisions.get(place),
    };
  }

  #take(request: ApproveRequest): ApprovalDecision {
    const decision = decisionOf(request);
    this.#decisions.set(placeOf(request.step, request.index), decision);
    return decision;
  }
}

function decisionOf({ approved, by, note }: ApproveRequest): ApprovalDecision {
  return { approved, by: by ?? null, note: note ?? null, at: new Date().toISOString(), expired: false };
}

function refusal(message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, 'ApprovalRefused' satisfies FailureType);
}
