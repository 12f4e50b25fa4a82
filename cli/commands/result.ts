import { resolve } from 'node:path';
import { Option } from 'commander';
import type { Run } from '../../client/run.js';
import type { JsonValue } from '../../job-api/json.js';
import { type JobResult, type PipelineResult, WORKFLOW_TYPES } from '../../workflows/contract.js';
import type { AddCommand } from '../command.js';
import { announceApprovals } from '../describe-approval.js';
import { EXIT_CODES } from '../exit-codes.js';
import { followedStep, offset } from '../option-types.js';
import { type Followed, printStream } from '../print-stream.js';
import { type Completed, type ReportOptions, reportResult } from '../report-result.js';
import type { Session } from '../session.js';
import { withClient } from '../with-client.js';
import { prepareFolder } from '../write-output.js';

interface ResultOptions extends ReportOptions {
  /** False for `--no-wait`. */
  readonly wait: boolean;
  /** True without the name of a step. */
  readonly follow?: true | Followed;
  readonly from?: number;
}

const EXAMPLE = `
Example:
  jobrelay result pipeline:order-17 --out results
  jobrelay result job:poem-3 --follow
  jobrelay result pipeline:order-17 --no-wait || echo 'not yet, or not well'

Ctrl-C leaves the run alone: \`jobrelay cancel\` ends one.`;

/** `jobrelay result`: what a run that was started elsewhere came to. */
export const addResult: AddCommand = (program, act) => {
  program
    .command('result')
    .description('wait for a run, and print its output as `job` and `run` do; with their exit codes')
    .argument('<workflow-id>', 'as `list` shows it')
    .option('--no-wait', `where the run has not ended, do not wait for it: exit code ${EXIT_CODES.notEnded.code}`)
    .option('--out <dir>', 'write output.json and the files of the output there')
    .addOption(
      new Option(
        '--follow [step]',
        'first print the stream of a step (write, write[3], parts[2].write), also of a run that has ended; of a job, without a step',
      )
        .argParser(followedStep)
        .conflicts('wait'),
    )
    .option('--from <offset>', 'with --follow: the first event to print, as --json numbers them', offset)
    .addHelpText('after', EXAMPLE)
    .action((workflowId: string, options: ResultOptions, command) =>
      act(command, async (session) =>
        withClient(
          session,
          async (opened) => {
            const run = await opened.client.run<unknown>(workflowId);
            const { runId, type, status } = await run.status();
            if (status === 'running' && !options.wait) {
              session.output.note(`${workflowId} has not ended`);
              if (session.output.json) session.output.result({ workflowId, runId, status }, '');
              return EXIT_CODES.notEnded.code;
            }
            const { out } = options;
            if (out !== undefined) await prepareFolder(resolve(session.process.cwd, out), out);
            const isOurs = type === WORKFLOW_TYPES.job || type === WORKFLOW_TYPES.pipeline;
            if (options.follow) {
              const followed = options.follow === true ? { step: 'job' } : options.follow;
              await printStream(
                run,
                { ...followed, ...(options.from !== undefined && { from: options.from }) },
                session,
              );
            } else if (status === 'running' && isOurs) await showProgress(run, session);
            const isPrinted = options.follow !== undefined && type === WORKFLOW_TYPES.job;
            await reportResult(completed(run, await run.result(), isOurs), { ...options, isPrinted }, session);
            return EXIT_CODES.ok.code;
          },
          options.follow && (await session.openStore()),
        ),
      ),
    );
};

async function showProgress(run: Run<unknown>, { output, temporal }: Session): Promise<void> {
  const view = output.progress();
  const announce = announceApprovals(run.workflowId, temporal, output.note);
  try {
    for await (const progress of run.watch()) {
      view.update(progress);
      announce(progress);
    }
  } finally {
    view.done();
  }
}

/** A workflow of somebody's own may return anything, or nothing. */
function completed(run: Run<unknown>, result: unknown, isOurs: boolean): Completed {
  if (isOurs) return { run, result, ...(result as JobResult | PipelineResult) };
  return { run, result, output: (result ?? null) as JsonValue };
}
