/**
 * What the Temporal UI shows of a run while it goes on ("current details"): a table in Markdown. Setting it writes no
 * history event. Times are the workflow's own, so a replay shows what the run showed. Pure.
 */

import { describeUse } from '../budget/describe-use.js';
import type {
  Attempt,
  BudgetUse,
  Progress,
  Settlement,
  SettlingProgress,
  StepStatus,
  StepSummary,
  Usage,
  WaitingApproval,
} from '../contract.js';
import { duration } from '../duration.js';
import { JobRecord, type UnderWay } from '../jobs/job-record.js';
import { type Column, code, markdownTable, plainText } from '../markdown.js';
import type { PipelinePlan, StepPlan } from '../plan.js';
import { type StepAccounts, settlingOf, stepProgress, stepSummary, usageIn } from './pipeline-report.js';
import { hasEnded, type PipelineState, type StepState } from './pipeline-state.js';
import { isOver } from './plan-steps.js';
import { approvalsOf, waitingApprovals } from './waiting-approvals.js';

/** Rows of a table. The UI passes the whole text in the address of a frame, so it has to stay small. */
const ROWS_MAX = 50;

/** When the run started, and when this is said: milliseconds of the workflow's clock. */
export interface Span {
  readonly startMs: number;
  readonly nowMs: number;
  /** Of the run, where it is named in commands. */
  readonly workflowId?: string;
}

const STEP_COLUMNS: readonly Column[] = [
  { title: 'Step' },
  { title: 'Status' },
  { title: 'Done', align: 'right' },
  { title: 'Failed', align: 'right' },
  { title: 'Jobs', align: 'right' },
  { title: 'Elapsed', align: 'right' },
  { title: 'Time left', align: 'right' },
];

/** The steps of a pipeline: what is done, what has failed, and how long it may still take. */
export function pipelineDetails(
  plan: PipelinePlan,
  state: PipelineState,
  accounts: StepAccounts,
  span: Span,
  ofNested?: SettlingProgress,
): string {
  const rows = plan.steps.flatMap((step): Row[] => {
    const known = state.steps[step.name];
    return known === undefined ? [] : [rowOf(step, known, accounts.get(step.name) ?? [], state, span.nowMs)];
  });
  const shown = mostTelling(rows);
  return [
    headline(pipelineStatus(plan, state), span),
    settlingLine(settlingOf(state, accounts, ofNested)),
    markdownTable(
      STEP_COLUMNS,
      shown.map(({ cells }) => cells),
    ),
    restOf(rows, shown),
    approvalLines(waitingApprovals(plan, state), span),
    usageLine(usageIn(accounts)),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** While the jobs of a run that goes no further are brought to an end: with a thousand, the provider's limits take minutes. */
function settlingLine(settling: SettlingProgress | undefined): string {
  if (settling === undefined || settling.done === settling.total) return '';
  return `Settling its jobs: **${settling.done}** of ${settling.total} have been brought to an end.`;
}

interface Row {
  readonly status: StepStatus;
  readonly cells: readonly string[];
}

/**
 * Rows that time does not change: those of steps that have not begun, and of those that have ended. To draw all rows of
 * 50 steps at each change took 0.7 ms.
 */
const still = new WeakMap<StepPlan, { readonly of: StepState; readonly row: Row }>();

function rowOf(
  step: StepPlan,
  known: StepState,
  accounts: readonly (JobRecord | Settlement)[],
  { stopping }: PipelineState,
  nowMs: number,
): Row {
  const drawn = still.get(step);
  if (drawn?.of === known) return drawn.row;
  const { name, kind, forEach, concurrency } = step;
  const [progress, summary] = [stepProgress(step, known), stepSummary(known, accounts)];
  const goesOn = forEach !== undefined && stopping === undefined && known.failing === undefined;
  // A slice tells of its jobs at its end, and before that of the items they were for.
  const onTheirWay = accounts.reduce((sum, account) => sum + jobsUnderWay(account), 0);
  const jobs = Math.max(summary.jobs + onTheirWay, kind === 'job' ? progress.done : 0);
  const [approval] = approvalsOf(step, known);
  const limits = { ...(goesOn ? { concurrency } : {}), ...(approval === undefined ? {} : { until: approval.until }) };
  const cells = stepCells({ ...summary, ...progress, name, jobs, ...limits }, nowMs);
  const row = { status: progress.status, cells };
  if (known.status === 'pending' || hasEnded(known)) still.set(step, { of: known, row });
  return row;
}

/** Jobs on their way: they are in no account's usage yet. */
function jobsUnderWay(account: JobRecord | Settlement): number {
  return account instanceof JobRecord ? account.underWay.length : 0;
}

interface StepRow extends Omit<StepSummary, 'status'> {
  readonly name: string;
  readonly status: StepStatus;
  readonly done: number;
  readonly total: number;
  readonly failed: number;
  /** Items under way at once. Present where the step has items, and will start those that wait. */
  readonly concurrency?: number;
  /** When the first of its approvals is no longer waited for. */
  readonly until?: string;
}

/** A list as long as this is read; the whole of it is in the answer of `progress`. */
const APPROVALS_SHOWN = 10;

/** What is waited for, and how to answer. */
function approvalLines(approvals: readonly WaitingApproval[], { workflowId }: Span): string {
  const lines = approvals.slice(0, APPROVALS_SHOWN).map(({ step, index, message, until, onTimeout }) => {
    const place = index === undefined ? step : `${step}[${index}]`;
    const asked = message === undefined ? '' : `: ${plainText(message, MESSAGE_SHOWN)}`;
    const item = index === undefined ? '' : ` --index ${index}`;
    const command = workflowId === undefined ? '' : `, by ${code(`jobrelay approve ${workflowId} ${step}${item}`)}`;
    return `- **${plainText(place)}** waits for an approval until ${atTime(until)} (then: ${onTimeout})${command}${asked}`;
  });
  const rest = approvals.length - lines.length;
  return [...lines, ...(rest > 0 ? [`- ${rest} more approvals`] : [])].join('\n');
}

const MESSAGE_SHOWN = 200;

/** In the order of what a person looks for first. */
const TELLING: readonly StepStatus[] = ['failed', 'waiting', 'running', 'cancelled', 'pending', 'completed', 'skipped'];

/** As many rows as there is room for, those of finished and coming steps left out first; in the order of the definition. */
function mostTelling(rows: readonly Row[]): readonly Row[] {
  if (rows.length <= ROWS_MAX) return rows;
  const kept = new Set(TELLING.flatMap((status) => rows.filter((row) => row.status === status)).slice(0, ROWS_MAX));
  return rows.filter((row) => kept.has(row));
}

function restOf(rows: readonly Row[], shown: readonly Row[]): string {
  const left = rows.filter((row) => !shown.includes(row));
  if (left.length === 0) return '';
  const counts = TELLING.flatMap((status) => {
    const count = left.filter((row) => row.status === status).length;
    return count === 0 ? [] : [`${count} ${status}`];
  });
  return `${left.length} more steps: ${counts.join(', ')}.`;
}

function stepCells(row: StepRow, nowMs: number): string[] {
  const { name, status, done, total, failed, jobs, startedAt, endedAt, error } = row;
  const begun = startedAt !== undefined;
  return [
    plainText(name),
    error === undefined ? status : `${status}: ${plainText(error.type)}`,
    begun ? `${done} / ${total}` : '',
    failed > 0 ? `**${failed}**` : '',
    jobs > 0 ? String(jobs) : '',
    begun ? duration(endOr(endedAt, nowMs) - Date.parse(startedAt)) : '',
    timeLeft(row, nowMs),
  ];
}

function endOr(endedAt: string | undefined, nowMs: number): number {
  return endedAt === undefined ? nowMs : Date.parse(endedAt);
}

/**
 * By the rate at which items have ended. Said only where that means something: a full round of items has ended, and some
 * still wait for a slot. Once all that are left are under way, the slowest of them decides, of which nothing is known.
 * Of approvals, until the first of them is no longer waited for.
 */
function timeLeft(row: StepRow, nowMs: number): string {
  const { status, done, failed, total, concurrency, startedAt, until } = row;
  if (status === 'waiting' && until !== undefined) return duration(Date.parse(until) - nowMs);
  const ended = done + failed;
  const left = total - ended;
  if (status !== 'running' || concurrency === undefined || startedAt === undefined) return '';
  if (ended < concurrency || left <= concurrency) return '';
  const leftMs = ((nowMs - Date.parse(startedAt)) / ended) * left;
  return leftMs < 10_000 ? 'a few seconds' : `about ${duration(leftMs)}`;
}

type Status = Progress['status'] | 'failing';

function pipelineStatus(plan: PipelinePlan, state: PipelineState): Status {
  const over = isOver(plan, state);
  switch (state.stopping?.kind) {
    case 'cancelled':
      return over ? 'cancelled' : 'cancelling';
    case 'failed':
      return over ? 'failed' : 'failing';
    case undefined:
      return over ? 'completed' : 'running';
  }
}

const ATTEMPT_COLUMNS: readonly Column[] = [
  { title: '#', align: 'right' },
  { title: 'Endpoint' },
  { title: 'Outcome' },
  { title: 'Queued', align: 'right' },
  { title: 'Ran', align: 'right' },
  { title: 'Job' },
];

/** The attempts of a job, those under way last. */
export function jobDetails(status: Progress['status'], record: JobRecord, span: Span): string {
  const { attempts, underWay, usage } = record;
  const all = [...attempts, ...underWay];
  const rows = all.map((attempt, at) => [String(at + 1), ...attemptCells(attempt)]);
  const shown = rows.slice(-ROWS_MAX);
  return [
    headline(status, span),
    shown.length === 0 ? '' : markdownTable(ATTEMPT_COLUMNS, shown),
    shown.length === rows.length ? '' : `${rows.length - shown.length} attempts before these.`,
    usageLine(usage),
  ]
    .filter((part) => part !== '')
    .join('\n\n');
}

/** An attempt that is over, or one under way: where, how it ended or how far it is, its times, its job. */
export function attemptCells(attempt: Attempt | UnderWay): string[] {
  const { endpoint, handle } = attempt;
  // Where nothing else is known of a job, its key is what to look for at the provider.
  const key = 'correlationKey' in attempt ? `key ${attempt.correlationKey}` : '';
  const job = plainText(handle?.jobId ?? key);
  if ('phase' in attempt) return [place(endpoint, handle), attempt.phase, '', '', job];
  const { outcome, settled, delayTimeMs, executionTimeMs, unreadMs } = attempt;
  return [
    place(endpoint, handle),
    [outcome, settled, unreadMs === undefined ? undefined : `not read for ${duration(unreadMs)}`]
      .filter((word) => word !== undefined)
      .join(', '),
    delayTimeMs === undefined ? '' : duration(delayTimeMs),
    executionTimeMs === undefined ? '' : duration(executionTimeMs),
    job,
  ];
}

/** An alias may stand for several places: with a job, the one it went to. */
function place(
  endpoint: string,
  handle: { readonly provider: string; readonly endpointId: string } | undefined,
): string {
  const went = handle === undefined ? endpoint : `${handle.provider}/${handle.endpointId}`;
  return went === endpoint ? plainText(endpoint) : `${plainText(endpoint)} (${plainText(went)})`;
}

/** Between two changes the text stays as it is, so it says of when it is. */
export function headline(status: Status, { startMs, nowMs }: Span): string {
  const word = `**${status.charAt(0).toUpperCase()}${status.slice(1)}**`;
  const time = duration(nowMs - startMs);
  switch (status) {
    case 'completed':
      return `${word} in ${time}.`;
    case 'failed':
    case 'cancelled':
      return `${word} after ${time}.`;
    default: {
      return `${word} for ${time}, as of ${atTime(new Date(nowMs).toISOString())}.`;
    }
  }
}

/** `2026-03-01 10:00:00 UTC` */
function atTime(iso: string): string {
  return `${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC`;
}

export function usageLine({ jobs, executionMs, wastedMs, estimatedCostUsd }: Usage): string {
  if (jobs === 0) return '';
  const wasted = wastedMs > 0 ? `, ${duration(wastedMs)} of it without a result` : '';
  // A sum of zero is most often an endpoint without a price that has not run yet.
  const cost = estimatedCostUsd ? `, about $${estimatedCostUsd.toFixed(4)}` : '';
  return `${jobs} ${jobs === 1 ? 'job' : 'jobs'} ended, ${duration(executionMs)} of execution${wasted}${cost}.`;
}

/** With a line below, where there is a budget: `Budget: 12 of 20 jobs submitted.` */
export function withBudget(details: string, use: BudgetUse | undefined): string {
  return use === undefined ? details : `${details}\n\nBudget: ${describeUse(use)}.`;
}
