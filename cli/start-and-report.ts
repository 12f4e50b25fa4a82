import type { StartOptions } from '../client/client.js';
import type { Run } from '../client/run.js';
import type { JobResult, PipelineResult } from '../workflows/contract.js';
import { describeSettlement } from './describe-run.js';
import { EXIT_CODES } from './exit-codes.js';
import { followRun } from './follow-run.js';
import { reportResult } from './report-result.js';
import type { OpenClient, Session } from './session.js';
import { hasPoller } from './task-queue-pollers.js';

/** Options that `job` and `run` have in common. */
export interface StartCommandOptions {
  readonly key?: string;
  readonly detach?: boolean;
  readonly out?: string;
}

type Start = (client: OpenClient['client'], options: StartOptions) => Promise<Run<JobResult> | Run<PipelineResult>>;

/** Starts a run, follows it unless told not to, and says what came of it. */
export async function startAndReport(session: Session, options: StartCommandOptions, start: Start): Promise<number> {
  const { output } = session;
  const opened = await session.openClient(await session.openStore());
  try {
    const startOptions = options.key === undefined ? {} : { key: options.key };
    const begin = async (): Promise<Run<JobResult | PipelineResult>> => {
      const run = await start(opened.client, startOptions);
      output.note(`Run ${run.workflowId}`);
      if (!(await hasPoller(opened, { taskQueue: session.taskQueue, kind: 'workflow' })))
        output.note('No worker is polling: the run waits. Start one with `jobrelay worker`.');
      return run;
    };

    if (options.detach) {
      const { workflowId, runId } = await begin();
      output.result({ workflowId, runId, status: 'running' }, workflowId);
      return EXIT_CODES.ok.code;
    }

    const outcome = await followRun(begin, session);
    if (outcome.kind === 'interrupted') {
      const { workflowId, runId, settlement } = outcome.error;
      output.result(
        { workflowId, runId, status: 'cancelled', ...(settlement && { settlement }) },
        `Cancelled ${workflowId}${settlement ? `; ${describeSettlement(settlement)}` : ''}`,
      );
      return outcome.exitCode;
    }

    const { run, result } = outcome;
    await reportResult({ run, result, ...result }, options, session);
    return EXIT_CODES.ok.code;
  } finally {
    await opened.close();
  }
}
