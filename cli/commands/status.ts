import { NoWorker } from '../../client/errors.js';
import { describeStatus } from '../describe-run.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { AddCommand } from '../program.js';

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
          const progress = await run.progress().catch((error: unknown) => {
            if (!(error instanceof NoWorker)) throw error;
            session.output.note('The steps are not known: no worker answers. Start one with `jobrelay worker`.');
            return undefined;
          });
          session.output.result({ ...status, ...(progress && { progress }) }, describeStatus(status, progress));
          return EXIT_CODES.ok.code;
        } finally {
          await opened.close();
        }
      }),
    );
};
