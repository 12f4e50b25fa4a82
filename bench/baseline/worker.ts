import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import * as activities from './activities.js';

export const BASELINE_QUEUE = 'baseline';

/** A worker of its own for the hand-written workflows, with the SDK's usual sizes raised to those of JobRelay's. */
export async function startBaselineWorker(address: string): Promise<{ stop(): Promise<void> }> {
  const connection = await NativeConnection.connect({ address });
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
    logger: new DefaultLogger('ERROR'),
  });
  const worker = await Worker.create({
    connection,
    taskQueue: BASELINE_QUEUE,
    workflowBundle,
    activities,
    maxCachedWorkflows: 500,
    maxConcurrentActivityTaskExecutions: 2_000,
    activityTaskPollerBehavior: { type: 'autoscaling' },
    workflowTaskPollerBehavior: { type: 'autoscaling' },
  });
  const done = worker.run();
  return {
    async stop() {
      worker.shutdown();
      await done;
      await connection.close();
    },
  };
}
