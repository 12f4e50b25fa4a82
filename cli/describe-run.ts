import type { RunStatus } from '../client/run-status.js';
import { describeUse } from '../workflows/budget/describe-use.js';
import type { Progress, Settlement, SettleOutcome, StreamSummary, Usage } from '../workflows/contract.js';
import { describeApproval, type TemporalPlace } from './describe-approval.js';
import { describeStep } from './progress-view.js';

/** `14 jobs, 12.3 s of execution (0.5 s wasted), about $0.0018` */
export function describeUsage({ jobs, executionMs, wastedMs, estimatedCostUsd }: Usage): string {
  const wasted = wastedMs > 0 ? ` (${seconds(wastedMs)} wasted)` : '';
  const cost = !estimatedCostUsd ? '' : `, about $${Number(estimatedCostUsd.toPrecision(2))}`;
  return `${count(jobs, 'job')}, ${seconds(executionMs)} of execution${wasted}${cost}`;
}

const OUTCOMES: Readonly<Record<SettleOutcome, string>> = {
  stopped: 'stopped',
  'finished-first': 'finished first',
  gone: 'gone',
  unconfirmed: 'NOT confirmed',
};

/** What became of the jobs of a cancelled run; names each that may still run. */
export function describeSettlement({ jobs, more = 0, suspectedDuplicates }: Settlement): string {
  const outcomes = new Map<SettleOutcome, number>();
  for (const { settled } of jobs) outcomes.set(settled, (outcomes.get(settled) ?? 0) + 1);
  const counts = [...outcomes].map(([outcome, number]) => `${number} ${OUTCOMES[outcome]}`);
  if (more > 0) counts.push(`${more} more`);
  return [
    counts.length === 0 ? 'no remote job was open' : `remote jobs: ${counts.join(', ')}`,
    ...jobs
      .filter(({ settled }) => settled === 'unconfirmed')
      .map(
        ({ handle }) =>
          `  ${handle.provider}/${handle.endpointId} ${handle.jobId} may still run, and cost: check it at the provider`,
      ),
    ...describeDuplicates(suspectedDuplicates),
  ].join('\n');
}

/** A line where there are any. */
export function describeDuplicates(suspectedDuplicates: number): string[] {
  if (suspectedDuplicates === 0) return [];
  return [`${count(suspectedDuplicates, 'submit')} got no answer: each may have made a job that was billed too`];
}

/** A line where its output may miss something. */
export function describeStream(stream: StreamSummary | undefined): string[] {
  if (stream === undefined || stream.complete) return [];
  return ['An answer of the provider got lost that may have held chunks: the output may miss some'];
}

/** The text of `jobrelay status`. */
export function describeStatus(status: RunStatus, progress: Progress | undefined, place: TemporalPlace = {}): string {
  const { workflowId, runId, type, startedAt, closedAt, pendingActivities, workflowTaskAttempt, settlement } = status;
  const tookMs = closedAt === undefined ? undefined : Date.parse(closedAt) - Date.parse(startedAt);
  const lines = [
    `${workflowId}: ${status.status}${tookMs === undefined ? '' : ` after ${seconds(tookMs)}`}`,
    `  type     ${type}`,
    `  run id   ${runId}`,
    `  started  ${startedAt}`,
    ...(closedAt ? [`  closed   ${closedAt}`] : []),
  ];
  if (progress) {
    lines.push('steps:', ...Object.entries(progress.steps).map(([name, step]) => `  ${describeStep(name, step)}`));
    lines.push(describeUsage(progress.usage));
    if (progress.budget) lines.push(`budget: ${describeUse(progress.budget)}`);
  }
  const { approvals = [] } = progress ?? {};
  if (approvals.length > 0 && closedAt === undefined) {
    const waits = approvals.flatMap((approval) => describeApproval(workflowId, approval, place));
    lines.push('waiting for approval of:', ...waits.map((line, at) => `${at % 2 === 0 ? '  ' : '    '}${line}`));
  }
  // Temporal goes on listing what a closed run left; only one that was ended from outside left something to be done.
  const leftBehind = status.status === 'terminated' || status.status === 'timed-out';
  if (pendingActivities.length > 0 && (closedAt === undefined || leftBehind)) {
    lines.push(leftBehind ? 'it was waiting for:' : 'waiting for:', ...pendingActivities.map(describePending));
  }
  if (workflowTaskAttempt !== undefined) {
    lines.push(`its workflow task fails, attempt ${workflowTaskAttempt}: see the worker's log`);
  }
  if (settlement) lines.push(describeSettlement(settlement));
  return lines.join('\n');
}

function describePending({
  type,
  activityId,
  attempt,
  lastFailure,
  nextAttemptAt,
}: RunStatus['pendingActivities'][number]): string {
  const failure = lastFailure
    ? `, attempt ${attempt}, last: ${[lastFailure.type, lastFailure.message].filter(Boolean).join(': ')}`
    : '';
  return `  ${type} (${activityId})${failure}${nextAttemptAt ? `, next attempt ${nextAttemptAt}` : ''}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(1)} s`;
}

/** `1 job`, `2 jobs` */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
