import { inspect } from 'node:util';
import { CommanderError } from 'commander';
import {
  ClientError,
  RunCancelled,
  RunFailed,
  type RunFailureDetails,
  RunTerminated,
  RunTimedOut,
} from '../client/errors.js';
import type { RunState } from '../client/run-status.js';
import { formatPath } from '../config/index.js';
import type { LocatedProblem } from '../definition/index.js';
import type { JobFailureDetails, NestedFailureDetails } from '../workflows/contract.js';
import { describeDuplicates, describeSettlement, describeUsage } from './describe-run.js';
import { InvalidDefinition, PartlyDone } from './errors.js';

/** An error for people: what, to what and the remedy on one line, and what is known beyond. */
export function describeError(error: unknown, verbose: boolean): string {
  if (!(error instanceof Error)) return `error: ${String(error)}`;
  if (error instanceof PartlyDone) return `${describeError(error.cause, verbose)}\n${error.done.text}`;
  const lines = [`error: ${error.message}`];
  if (error instanceof RunFailed) lines.push(...describeFailure(error, verbose));
  else if (error instanceof RunCancelled && error.settlement) lines.push(describeSettlement(error.settlement));
  else if (verbose) lines.push(inspect(error));
  return lines.join('\n');
}

const MORE_BUDGET = 'to go on, start it anew with a larger budget, or with less to do';

function describeFailure({ details }: RunFailed, verbose: boolean): string[] {
  if (details === undefined) return [];
  if ('problems' in details) return ['(checked by the worker, with the jobrelay.yaml that it was started with)'];
  const unsettled = 'unsettled' in details ? details.unsettled : [];
  const job = jobOf(details);
  return [
    ...(details.budget === undefined ? [] : [`(${describeUsage(details.usage)}; ${MORE_BUDGET})`]),
    ...unsettled.map(
      ({ provider, endpointId, jobId }) =>
        `${provider}/${endpointId} ${jobId} may still run, and cost: check it at the provider`,
    ),
    ...describeDuplicates(details.suspectedDuplicates),
    ...(verbose && job?.error?.traceback ? [job.error.traceback] : []),
  ];
}

/** The job that failed, however deep in nested pipelines; absent where it was no job. */
function jobOf(
  details: Exclude<RunFailureDetails, { problems: unknown }> | NestedFailureDetails,
): JobFailureDetails | undefined {
  if ('attempts' in details) return details;
  const inner = details.cause?.details;
  return inner === undefined ? undefined : jobOf(inner);
}

/** The same for programs. */
export function errorDocument(error: unknown): object {
  if (!(error instanceof Error)) return { error: { code: 'Error', message: String(error) } };
  if (error instanceof PartlyDone) return { ...error.done.document, ...errorDocument(error.cause) };
  if (error instanceof CommanderError) return { error: { code: 'UsageError', message: usageMessage(error) } };
  const code = error instanceof ClientError ? error.code : error.name;
  if (error instanceof RunCancelled) {
    const { workflowId, runId, settlement, message } = error;
    return { workflowId, runId, status: 'cancelled', ...(settlement && { settlement }), error: { code, message } };
  }
  if (error instanceof RunTerminated || error instanceof RunTimedOut) {
    const { workflowId, runId, message } = error;
    const status: RunState = error instanceof RunTerminated ? 'terminated' : 'timed-out';
    return { workflowId, runId, status, error: { code, message } };
  }
  if (error instanceof InvalidDefinition) {
    return { error: { code, message: error.message, problems: problemDocuments(error.problems) } };
  }
  if (!(error instanceof RunFailed)) return { error: { code, message: error.message } };
  const { workflowId, runId, type, message, details } = error;
  return { workflowId, runId, status: 'failed', error: { code, type, message, ...(details && { details }) } };
}

/** Problems of a definition, for programs. */
export function problemDocuments(problems: readonly LocatedProblem[]): readonly object[] {
  return problems.map(({ line, column, path, message }) => ({ line, column, path: formatPath(path), message }));
}

/** `unknown command 'jbo' (Did you mean job?)` */
function usageMessage({ message }: CommanderError): string {
  return message.replace(/^error: /, '').replace(/\s+/g, ' ');
}
