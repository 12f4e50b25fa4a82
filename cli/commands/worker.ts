import type { AddCommand } from '../program.js';
import { serve } from '../serve.js';

const EXAMPLE = `
Example:
  TEMPORAL_ADDRESS=temporal.internal:7233 RUNPOD_API_KEY=… jobrelay worker --config jobrelay.yaml

Ctrl-C and SIGTERM let it finish what it is doing; jobs that run on are followed by the next worker.`;

/** `jobrelay worker`: serves both task queues. */
export const addWorker: AddCommand = (program, act) => {
  program
    .command('worker')
    .description('run a worker: it carries out the runs of a Temporal namespace')
    .addHelpText('after', EXAMPLE)
    .action((_options, command) =>
      act(command, (session) =>
        serve(async () => {
          const { output, taskQueue } = session;
          const config = await session.loadConfig();
          const { connectToTemporal } = await import('../temporal-client.js');
          // The worker's own connection does not say why it fails, so this one goes first.
          const { connection, address, namespace } = await connectToTemporal(session.temporal);
          await connection.close();
          const { startWorker } = await import('../../worker/index.js');
          const worker = await startWorker({ config, temporal: { address, namespace }, taskQueue, log: output.log });
          output.result(
            { ready: true, temporal: address, namespace, taskQueue },
            `Worker polls ${address}, namespace ${namespace}, task queue ${taskQueue}`,
          );
          return { done: worker.done, stop: () => worker.shutdown() };
        }, session),
      ),
    );
};
