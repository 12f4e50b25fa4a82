import { resolve } from 'node:path';
import type { StartOptions } from '../client/client.js';
import type { Run } from '../client/run.js';
import type { JobResult, PipelineResult } from '../workflows/contract.js';
import { describeSettlement } from './describe-run.js';
import { EXIT_CODES } from './exit-codes.js';
import { followRun } from './follow-run.js';
import type { Followed } from './print-stream.js';
import { reportResult } from './report-result.js';
import type { OpenClient, Session } from './session.js';
import { hasPoller } from './task-queue-pollers.js';
import { type RunTemporal, type TemporalChoice, withTemporal } from './with-temporal.js';
import { prepareFolder } from './write-output.js';

/** Options that `job` and `run` have in common. */
export interface StartCommandOptions extends TemporalChoice {
  readonly key?: string;
  readonly out?: string;
}

/** The stream to print, and whether it is the output, which need not be printed then. */
export interface FollowedStream {
  readonly followed?: Followed;
  readonly isOutput?: boolean;
}

type Start = (client: OpenClient['client'], options: StartOptions) => Promise<Run<JobResult> | Run<PipelineResult>>;

/** Starts a run, follows it unless told not to, and says what came of it. */
export async function startAndReport(
  session: Session,
  options: StartCommandOptions,
  start: Start,
  stream: FollowedStream = {},
): Promise<number> {
  const { out } = options;
  if (out !== undefined) await prepareFolder(resolve(session.process.cwd, out), out);
  return withTemporal(session, options, (opened) => startOn(opened, session, options, start, stream));
}

async function startOn(
  opened: RunTemporal,
  session: Session,
  options: StartCommandOptions,
  start: Start,
  { followed, isOutput = false }: FollowedStream,
) {
  const { output } = session;
  const startOptions = options.key === undefined ? {} : { key: options.key };
  const begin = async (): Promise<Run<JobResult | PipelineResult>> => {
    const run = await start(opened.client, startOptions);
    output.note(`Run ${run.workflowId}`);
    if (!opened.embedded && !(await hasPoller(opened, { taskQueue: session.taskQueue, kind: 'workflow' })))
      output.note('No worker is polling: the run waits. Start one with `jobrelay worker`.');
    return run;
  };

  if (options.detach) {
    const { workflowId, runId } = await begin();
    output.result({ workflowId, runId, status: 'running' }, workflowId);
    return EXIT_CODES.ok.code;
  }

  const left = opened.embedded
    ? `it stands still until the stack starts again in ${session.stateDir}, while jobs may go on and cost`
    : 'it goes on alone';
  const outcome = await followRun(
    begin,
    session,
    left,
    opened.embedded ? { address: opened.address } : session.temporal,
    followed,
  );
  if (outcome.kind === 'interrupted') {
    const { workflowId, runId, settlement } = outcome.error;
    output.result(
      { workflowId, runId, status: 'cancelled', ...(settlement && { settlement }) },
      `Cancelled ${workflowId}${settlement ? `; ${describeSettlement(settlement)}` : ''}`,
    );
    return outcome.exitCode;
  }

  const { run, result } = outcome;
  await reportResult({ run, result, ...result }, { ...options, isPrinted: isOutput }, session);
  return EXIT_CODES.ok.code;
}
