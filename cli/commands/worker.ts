import { hostname } from 'node:os';
import { Option } from 'commander';
import type { AddCommand } from '../command.js';
import { EXIT_CODES } from '../exit-codes.js';
import { listenAddress } from '../option-types.js';
import { serve } from '../serve.js';
import type { Session } from '../session.js';
import { hasPoller } from '../task-queue-pollers.js';
import type { DeploymentChoice } from '../worker-deployment.js';

interface WorkerCommandOptions extends DeploymentChoice {
  readonly check?: boolean;
  readonly metrics?: { readonly host: string; readonly port: number };
}

const EXAMPLE = `
Example:
  TEMPORAL_ADDRESS=temporal.internal:7233 RUNPOD_API_KEY=… jobrelay worker --config jobrelay.yaml

Ctrl-C and SIGTERM let it finish what it is doing; jobs that run on are followed by the next worker.`;

/** `jobrelay worker`: serves both task queues. */
export const addWorker: AddCommand = (program, act) => {
  program
    .command('worker')
    .description('run a worker: it carries out the runs of a Temporal namespace')
    .option('--check', 'start none: say whether one of this machine polls (exit code 0 or 1), as a health check')
    .option('--deployment <name>', 'what is deployed here, for worker versioning (default: $TEMPORAL_DEPLOYMENT_NAME)')
    .option('--build-id <id>', 'which release of it this is (default: $TEMPORAL_WORKER_BUILD_ID)')
    .addOption(
      new Option(
        '--versioning <behavior>',
        'pinned: runs end on the release that they began on; auto-upgrade: they go on with the current one (default: pinned)',
      ).choices(['pinned', 'auto-upgrade']),
    )
    .option(
      '--metrics <address>',
      'tell Prometheus its metrics there, at /metrics: 127.0.0.1:9464, or a port alone',
      listenAddress,
    )
    .addHelpText('after', EXAMPLE)
    .action(({ check, metrics, ...choice }: WorkerCommandOptions, command) =>
      act(command, (session) => {
        if (check) return checkWorker(session);
        return serve(async () => {
          const { output, taskQueue } = session;
          const config = await session.loadConfig();
          const { chosenDeployment, howToMakeCurrent, isCurrent } = await import('../worker-deployment.js');
          const deployment = chosenDeployment(choice, session.process.env);
          const { connectToTemporal } = await import('../temporal-client.js');
          // The worker's own connection does not say why it fails, so this one goes first.
          const opened = await connectToTemporal(session.temporal);
          const { address, namespace } = opened;
          const current = deployment && (await isCurrent(opened, deployment));
          await opened.connection.close();
          const { startWorker } = await import('../../worker/index.js');
          const worker = await startWorker({
            ...{ config, temporal: { address, namespace }, taskQueue, log: output.log },
            ...(deployment && { deployment }),
            ...(metrics && { metrics }),
          });
          const { webhooks, artifacts } = worker;
          const metricsUrl = metrics && `http://${metrics.host}:${metrics.port}/metrics`;
          output.result(
            {
              ...{ ready: true, temporal: address, namespace, taskQueue },
              ...(deployment && { deployment: { ...deployment, current } }),
              ...(webhooks !== undefined && { webhooks }),
              ...(artifacts !== undefined && { artifacts }),
              ...(metricsUrl !== undefined && { metrics: metricsUrl }),
            },
            [
              `Worker polls ${address}, namespace ${namespace}, task queue ${taskQueue}`,
              ...(deployment === undefined ? [] : [`Release ${deployment.buildId} of ${deployment.name}`]),
              ...(webhooks === undefined
                ? []
                : [`Listens for webhooks on ${webhooks}, known as ${config.webhooks?.publicUrl}`]),
              ...(artifacts === undefined ? [] : [`Serves artifacts at ${artifacts}/artifacts/SHA256`]),
              ...(metricsUrl === undefined ? [] : [`Tells its metrics at ${metricsUrl}`]),
            ].join('\n'),
          );
          if (deployment && !current) {
            output.note(`This release gets no new runs until it is current: ${howToMakeCurrent(deployment)}`);
          }
          return { done: worker.done, stop: () => worker.shutdown() };
        }, session);
      }),
    );
};

/**
 * Asks Temporal, not the process: one that is frozen, or cut off from the server, does not poll. The queue of workflows
 * tells, since its slots are never held for long; that of waiting jobs is not polled while all of its slots are taken.
 */
async function checkWorker({ temporal, taskQueue, output }: Session): Promise<number> {
  const { connectToTemporal } = await import('../temporal-client.js');
  const opened = await connectToTemporal(temporal);
  try {
    const host = hostname();
    const polls = await hasPoller(opened, { taskQueue, kind: 'workflow', hostname: host });
    output.result(
      { polls, taskQueue, host },
      polls ? `A worker of ${host} polls ${taskQueue}` : `No worker of ${host} polls ${taskQueue}`,
    );
    return polls ? EXIT_CODES.ok.code : EXIT_CODES.failed.code;
  } finally {
    await opened.connection.close();
  }
}
