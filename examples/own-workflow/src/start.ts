/** Starts `callNotes` for the recordings named on the command line, and prints the notes of each. */
import { Client, Connection } from '@temporalio/client';
import { TASK_QUEUE } from './task-queue.js';
import type { callNotes } from './workflows.js';

const recordings = process.argv.slice(2);
if (recordings.length === 0) recordings.push('calls/order-17.mp3', 'calls/order-18.mp3');

const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS ?? '127.0.0.1:7233' });
try {
  const { workflow } = new Client({ connection });
  const notes = recordings.map((recording) =>
    workflow.execute<typeof callNotes>('callNotes', {
      taskQueue: TASK_QUEUE,
      workflowId: `callNotes:${recording}`,
      args: [{ recording }],
    }),
  );
  console.log(JSON.stringify(await Promise.all(notes), undefined, 2));
} finally {
  await connection.close();
}
