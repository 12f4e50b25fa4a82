import type { ReapReport } from '../../client/reap.js';
import type { AddCommand } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import { since } from '../option-types.js';
import { hasPoller } from '../task-queue-pollers.js';
import { withClient } from '../with-client.js';

const EXAMPLE = `
Example:
  jobrelay reap --dry-run

A worker looks by itself: 20 s after a run was terminated, and every hour (\`reap\` in jobrelay.yaml).`;

interface ReapCommandOptions {
  readonly dryRun?: boolean;
  readonly since?: Date;
}

/** `jobrelay reap`: settles the jobs of runs that could not. */
export const addReap: AddCommand = (program, act) => {
  program
    .command('reap')
    .description('settle jobs that runs left behind which were terminated, or timed out, or did not see them end')
    .option('--dry-run', 'say which jobs still run, and leave them as they are')
    .option('--since <when>', 'of runs that closed then or later: a while ago, as 2h, or a time (default: 7d)', since)
    .addHelpText('after', EXAMPLE)
    .action(({ dryRun = false, since: from }: ReapCommandOptions, command) =>
      act(command, (session) =>
        withClient(session, async (opened) => {
          const report = await opened.client.reap({
            dryRun,
            ...(from && { since: from }),
            onStarted({ workflowId, taskQueue }) {
              session.output.note(`Run ${workflowId}`);
              hasPoller(opened, { taskQueue, kind: 'workflow' }).then(
                (polls) => {
                  if (!polls)
                    session.output.note('No worker is polling: the run waits. Start one with `jobrelay worker`.');
                },
                // What keeps Temporal from answering, the run itself meets; or it is over, and so is the connection.
                () => undefined,
              );
            },
          });
          session.output.result({ dryRun, ...report }, describeReport(report));
          const isLeft = (report.outcomes.unconfirmed ?? 0) > 0 || report.unreadable.length > 0 || report.more;
          return isLeft ? EXIT_CODES.failed.code : EXIT_CODES.ok.code;
        }),
      ),
    );
};

const WORDS = {
  running: 'still running (dry run: left)',
  stopped: 'stopped',
  'finished-first': 'finished while being stopped',
  gone: 'unknown to their provider',
  ended: 'had ended',
  unconfirmed: 'not seen to end',
} as const;

function describeReport({ runs, outcomes, jobs, suspectedDuplicates, unreadable, more }: ReapReport): string {
  const counts = (Object.keys(WORDS) as (keyof typeof WORDS)[]).flatMap((outcome) =>
    outcomes[outcome] ? [`${outcomes[outcome]} ${WORDS[outcome]}`] : [],
  );
  const lines = [
    `${runs} ${runs === 1 ? 'run' : 'runs'} looked at; jobs they left: ${counts.join(', ') || 'none'}`,
    ...jobs.map(
      ({ workflowId, handle: { provider, endpointId, jobId }, outcome }) =>
        `  ${outcome.padEnd(14)} ${provider}/${endpointId} ${jobId}  of ${workflowId}`,
    ),
  ];
  if (suspectedDuplicates > 0) {
    lines.push(`${suspectedDuplicates} submits of unknown fate: such jobs, if any, end by their executionTimeout`);
  }
  for (const { workflowId, runId, message } of unreadable) {
    lines.push(`the history of ${workflowId} (${runId}) cannot be read: ${message}`);
  }
  if (more) lines.push('It stopped before the end, since too many jobs were not seen to end: call it again later.');
  return lines.join('\n');
}
