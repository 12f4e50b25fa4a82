import { resolve } from 'node:path';
import { collectRefs } from '../artifacts/index.js';
import type { StartOptions } from '../client/client.js';
import type { Run } from '../client/run.js';
import type { JobResult, PipelineResult } from '../workflows/contract.js';
import { describeDuplicates, describeSettlement, describeUsage } from './describe-run.js';
import { EXIT_CODES } from './exit-codes.js';
import { followRun } from './follow-run.js';
import type { OpenClient, Session } from './session.js';
import { hasPoller } from './task-queue-pollers.js';
import { writeOutput } from './write-output.js';

/** Options that `job` and `run` have in common. */
export interface StartCommandOptions {
  readonly key?: string;
  readonly detach?: boolean;
  readonly out?: string;
}

type Start = (client: OpenClient['client'], options: StartOptions) => Promise<Run<JobResult> | Run<PipelineResult>>;

/** Starts a run, follows it unless told not to, and says what came of it. */
export async function startAndReport(session: Session, options: StartCommandOptions, start: Start): Promise<number> {
  const { output, process } = session;
  const store = await session.openStore();
  const opened = await session.openClient(store);
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
    const files =
      options.out === undefined ? [] : await writeOutput(result.output, resolve(process.cwd, options.out), store);
    output.note(`Completed ${run.workflowId}: ${describeUsage(result.usage)}`);
    for (const line of describeDuplicates(result.suspectedDuplicates)) output.note(line);
    for (const file of files) output.note(`Wrote ${file}`);
    const stored = options.out === undefined ? collectRefs(result.output).length : 0;
    if (stored > 0) output.note(`${stored} of its values are stored apart: --out DIR writes them.`);
    output.result(
      { workflowId: run.workflowId, runId: run.runId, status: 'completed', result, ...(files.length > 0 && { files }) },
      JSON.stringify(result.output, undefined, 2),
    );
    return EXIT_CODES.ok.code;
  } finally {
    await opened.close();
  }
}
