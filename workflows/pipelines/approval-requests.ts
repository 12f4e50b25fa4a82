/** Who may decide what: reads the argument of `approve` and holds it against the run. Pure. */
import type { ApprovalDecision, ApproveRequest } from '../contract.js';
import type { PipelinePlan, StepPlan } from '../plan.js';
import { hasEnded, type PipelineState } from './pipeline-state.js';

const BY_MAX = 200;
const NOTE_MAX = 4_000;
const FIELDS: readonly string[] = ['step', 'index', 'approved', 'by', 'note'];

export type ReadRequest =
  | { readonly ok: true; readonly request: ApproveRequest }
  | { readonly ok: false; readonly message: string };

/** From any SDK: of some, an absent field arrives as null. Never throws. */
export function readApproveRequest(given: unknown): ReadRequest {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    return { ok: false, message: 'approve takes an object {"step": …, "approved": true or false}' };
  }
  const fields = given as Readonly<Record<string, unknown>>;
  const { step, index, approved, by, note } = fields;
  const unknown = Object.keys(fields).find((field) => !FIELDS.includes(field));
  const wrong = [
    unknown === undefined ? undefined : `${unknown} is an unknown field (known: ${FIELDS.join(', ')})`,
    typeof step === 'string' && step !== '' ? undefined : 'step must be the name of a step',
    typeof approved === 'boolean' ? undefined : 'approved must be true or false',
    isAbsent(index) || (Number.isInteger(index) && (index as number) >= 0)
      ? undefined
      : 'index must be a whole number from 0',
    whyNoText('by', by, BY_MAX),
    whyNoText('note', note, NOTE_MAX),
  ].find((message) => message !== undefined);
  if (wrong !== undefined) return { ok: false, message: wrong };
  return {
    ok: true,
    request: {
      step: step as string,
      approved: approved as boolean,
      ...(isAbsent(index) ? {} : { index: index as number }),
      ...(isAbsent(by) ? {} : { by: by as string }),
      ...(isAbsent(note) ? {} : { note: note as string }),
    },
  };
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null;
}

function whyNoText(field: string, value: unknown, maxLength: number): string | undefined {
  if (isAbsent(value)) return undefined;
  if (typeof value !== 'string') return `${field} must be text`;
  return value.length <= maxLength
    ? undefined
    : `${field} is ${value.length} characters long; at most ${maxLength} are taken`;
}

/** What a run knows of its approvals. */
export interface ApprovalBook {
  readonly plan: PipelinePlan;
  readonly state: PipelineState;
  /** Asked for now, by {@link placeOf}. */
  isOpen(place: string): boolean;
  decisionOf(place: string): ApprovalDecision | undefined;
}

export type Verdict =
  | { readonly kind: 'take' }
  /** The same was decided before: that decision stands. */
  | { readonly kind: 'stands'; readonly decision: ApprovalDecision }
  /** It may be asked for yet. */
  | { readonly kind: 'too-early'; readonly message: string }
  | { readonly kind: 'refuse'; readonly message: string };

/** What to do with a decision. */
export function judgeRequest(request: ApproveRequest, book: ApprovalBook): Verdict {
  const { step: name, index } = request;
  const step = book.plan.steps.find((candidate) => candidate.name === name);
  if (step?.approval === undefined) return refuse(whyNoApproval(name, step, book.plan));
  if (step.forEach === undefined && index !== undefined) {
    return refuse(`step "${name}" asks for one approval: leave the index out`);
  }
  if (step.forEach !== undefined && index === undefined) {
    return refuse(`step "${name}" asks for an approval of each item: give the index of one, from 0`);
  }

  const place = placeOf(name, index);
  const decision = book.decisionOf(place);
  if (decision !== undefined) {
    if (!decision.expired && decision.approved === request.approved) return { kind: 'stands', decision };
    return refuse(`${place} was ${describeDecision(decision)} at ${decision.at}, and that stands`);
  }
  if (book.isOpen(place)) return { kind: 'take' };

  const state = book.state.steps[name];
  if (state === undefined || state.status === 'pending' || state.status === 'preparing') {
    return {
      kind: 'too-early',
      message: `step "${name}" does not wait for an approval yet: steps before it have not ended`,
    };
  }
  const item = state.items[index ?? 0];
  if (item === undefined && index !== undefined && state.items.length > 0) {
    return refuse(
      `step "${name}" asks for ${state.items.length} approvals: the index is 0 to ${state.items.length - 1}, not ${index}`,
    );
  }
  if (item?.status === 'waiting' && !hasEnded(state)) {
    return { kind: 'too-early', message: `${place} does not wait for an approval yet` };
  }
  return refuse(
    `${place} does not wait for an approval: it is over, ${item?.error?.type ?? item?.status ?? state.status}`,
  );
}

function refuse(message: string): Verdict {
  return { kind: 'refuse', message };
}

function whyNoApproval(name: string, step: StepPlan | undefined, { steps }: PipelinePlan): string {
  const approvals = steps.filter(({ approval }) => approval !== undefined).map((known) => known.name);
  const known = approvals.length === 0 ? 'this run has none' : `those of this run: ${approvals.join(', ')}`;
  return step === undefined ? `there is no step "${name}" (${known})` : `step "${name}" is no approval (${known})`;
}

/** `review`, `review[2]` */
export function placeOf(step: string, index: number | undefined): string {
  return index === undefined ? step : `${step}[${index}]`;
}

/** `approved by ada`, `rejected, as nobody decided in time` */
export function describeDecision({ approved, by, expired }: ApprovalDecision): string {
  const word = approved ? 'approved' : 'rejected';
  if (expired) return `${word}, as nobody decided in time`;
  return by === null ? word : `${word} by ${by}`;
}
