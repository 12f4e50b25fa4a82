/** How a run asks people for approvals, and how they answer: part of the contract. */
/** An approval that a person is asked for. */
export interface WaitingApproval {
  /** Of a nested pipeline: the run that takes the decision. Told by the client, not by the query. */
  readonly workflowId?: string;
  readonly step: string;
  /** The item of a `forEach`. */
  readonly index?: number;
  /** What its author shows the person, cut to 500 characters. */
  readonly message?: string;
  readonly since: string;
  /** When nobody needs to decide any more, ISO 8601. */
  readonly until: string;
  readonly onTimeout: ApprovalOnTimeout;
}

/** What becomes of an approval that nobody decided in time. */
export type ApprovalOnTimeout = 'reject' | 'approve' | 'fail';

/** Name of an update that decides and answers, and of a signal that does the same in silence. */
export const APPROVE = 'approve';

/** Argument of the update and the signal {@link APPROVE}. */
export interface ApproveRequest {
  readonly step: string;
  /** Of a `forEach`: which item, from 0. */
  readonly index?: number;
  readonly approved: boolean;
  /** Who decides; at most 200 characters. Nothing checks it. */
  readonly by?: string;
  /** Why; at most 4,000 characters. */
  readonly note?: string;
}

/** Result of the update {@link APPROVE}, and output of an approval: the decision that stands. */
export interface ApprovalDecision {
  readonly approved: boolean;
  readonly by: string | null;
  readonly note: string | null;
  /** When it was taken, ISO 8601. */
  readonly at: string;
  /** Nobody decided: it is what `onTimeout` says. */
  readonly expired: boolean;
}
