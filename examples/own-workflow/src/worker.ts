/**
 * A worker for the workflows of this project, which the plugin makes one that runs jobs. It connects to where
 * `TEMPORAL_ADDRESS` says, and finds its endpoints in `jobrelay.yaml`, or at `jobrelay dev` where there is none.
 */
import { fileURLToPath } from 'node:url';
import { Worker } from '@temporalio/worker';
import { jobRelayPlugin } from 'jobrelay/worker';
import { TASK_QUEUE } from './task-queue.js';

const worker = await Worker.create({
  taskQueue: TASK_QUEUE,
  workflowsPath: fileURLToPath(new URL('./workflows.js', import.meta.url)),
  plugins: [jobRelayPlugin()],
});
await worker.run();
