import { QueryNotRegisteredError } from '@temporalio/client';
import { NoWorker } from '../../client/errors.js';
import type { Run } from '../../client/run.js';
import type { RunStatus } from '../../client/run-status.js';
import type { Progress } from '../../workflows/contract.js';
import type { AddCommand } from '../command.js';
import { describeStatus } from '../describe-run.js';
import { EXIT_CODES } from '../exit-codes.js';
import { describeError, errorDocument } from '../report-error.js';
import type { OpenClient } from '../session.js';
import { hasPoller } from '../task-queue-pollers.js';
import { withClient } from '../with-client.js';

const EXAMPLE = `
Example:
  jobrelay status pipeline:order-17`;

/** `jobrelay status`: what is known of a run now. */
export const addStatus: AddCommand = (program, act) => {
  program
    .command('status')
    .description('show where a run stands: its steps, what it waits for, and what went wrong')
    .argument('<workflow-id>', 'as `job` and `run` print it')
    .addHelpText('after', EXAMPLE)
    .action((workflowId: string, _options, command) =>
      act(command, (session) =>
        withClient(session, async (opened) => {
          const run = await opened.client.run(workflowId);
          const status = await run.status();
          const progress = await progressOf(run, opened, session.taskQueue);
          if (progress === 'no-worker') {
            session.output.note('The steps are not known: no worker answers. Start one with `jobrelay worker`.');
          }
          const known = typeof progress === 'object' ? progress : undefined;
          const failure = await failureOf(run, status);
          session.output.result(
            { ...status, ...(known && { progress: known }), ...(failure === undefined ? {} : errorDocument(failure)) },
            [
              describeStatus(status, known, session.temporal),
              ...(failure === undefined ? [] : [describeError(failure, session.verbose)]),
            ].join('\n'),
          );
          return EXIT_CODES.ok.code;
        }),
      ),
    );
};

/** What a run ended with that is not running, and did not complete; what became of a cancelled one is in its status. */
async function failureOf(run: Run<unknown>, { status }: RunStatus): Promise<unknown> {
  if (status === 'running' || status === 'completed' || status === 'cancelled') return undefined;
  return run.result().then(
    () => undefined,
    (error: unknown) => error,
  );
}

/** Asked only where a worker polls, since a question waits for one. People's own workflows may have no answer to it. */
async function progressOf(
  run: Run<unknown>,
  opened: OpenClient,
  taskQueue: string,
): Promise<Progress | 'no-worker' | 'not-told'> {
  if (!(await hasPoller(opened, { taskQueue, kind: 'workflow' }))) return 'no-worker';
  return run.progress().catch((error: unknown) => {
    if (error instanceof NoWorker) return 'no-worker';
    if (error instanceof QueryNotRegisteredError) return 'not-told';
    throw error;
  });
}
