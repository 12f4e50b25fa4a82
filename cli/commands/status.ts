import { NoWorker } from '../../client/errors.js';
import type { Run } from '../../client/run.js';
import type { Progress } from '../../workflows/contract.js';
import { describeStatus } from '../describe-run.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { AddCommand } from '../program.js';
import type { OpenClient } from '../session.js';
import { hasPoller } from '../task-queue-pollers.js';

const EXAMPLE = `
Example:
  jobrelay status pipeline:order-17`;

/** `jobrelay status`: what is known of a run now. */
export const addStatus: AddCommand = (program, act) => {
  program
    .command('status')
    .description('show where a run stands: its steps, what it waits for, and what went wrong last')
    .argument('<workflow-id>', 'as `job` and `run` print it')
    .addHelpText('after', EXAMPLE)
    .action((workflowId: string, _options, command) =>
      act(command, async (session) => {
        const opened = await session.openClient();
        try {
          const run = await opened.client.run(workflowId);
          const status = await run.status();
          const progress = await progressOf(run, opened, session.taskQueue);
          if (progress === undefined) {
            session.output.note('The steps are not known: no worker answers. Start one with `jobrelay worker`.');
          }
          session.output.result({ ...status, ...(progress && { progress }) }, describeStatus(status, progress));
          return EXIT_CODES.ok.code;
        } finally {
          await opened.close();
        }
      }),
    );
};

/** Undefined where no worker answers; asked only where one polls, since a question waits for one. */
async function progressOf(run: Run<unknown>, opened: OpenClient, taskQueue: string): Promise<Progress | undefined> {
  if (!(await hasPoller(opened, { taskQueue, kind: 'workflow' }))) return undefined;
  return run.progress().catch((error: unknown) => {
    if (error instanceof NoWorker) return undefined;
    throw error;
  });
}
