import { RunCancelled, RunFailed } from '../../client/errors.js';
import type { Run } from '../../client/run.js';
import type { AddCommand } from '../command.js';
import { describeSettlement } from '../describe-run.js';
import { EXIT_CODES } from '../exit-codes.js';
import type { Session } from '../session.js';
import { withClient } from '../with-client.js';

const EXAMPLE = `
Example:
  jobrelay cancel pipeline:order-17`;

/** `jobrelay cancel`: ends a run and says what became of its remote jobs. */
export const addCancel: AddCommand = (program, act) => {
  program
    .command('cancel')
    .description('cancel a run, wait until its remote jobs are settled, and say what became of them')
    .argument('<workflow-id>', 'as `job` and `run` print it')
    .option('--no-wait', 'do not wait until it has ended')
    .addHelpText('after', EXAMPLE)
    .action((workflowId: string, { wait }: { wait: boolean }, command) =>
      act(command, (session) =>
        withClient(session, async ({ client }) => {
          const run = await client.run(workflowId);
          const answer = await run.cancel();
          if (answer === 'requested' && wait) await untilClosed(run, session);
          const { runId, status, settlement } = await run.status();
          const text =
            answer === 'already-closed' ? `${workflowId} had ended before: ${status}` : `${workflowId}: ${status}`;
          session.output.result(
            { workflowId, runId, answer, status, ...(settlement && { settlement }) },
            settlement ? `${text}; ${describeSettlement(settlement)}` : text,
          );
          return EXIT_CODES.ok.code;
        }),
      ),
    );
};

/**
 * Says meanwhile how far it is: many jobs take as long as the provider's limits ask for. A run may also complete or fail
 * while its cancel is on the way: then it has ended all the same.
 */
async function untilClosed(run: Run<unknown>, { output }: Session): Promise<void> {
  const view = output.progress();
  try {
    for await (const progress of run.watch()) view.update(progress);
  } finally {
    view.done();
  }
  await run.result().catch((error: unknown) => {
    if (!(error instanceof RunCancelled) && !(error instanceof RunFailed)) throw error;
  });
}
