/** What JobRelay is measured against: hand-written workflows, as one would write them without it. */
import { ApplicationFailure, proxyActivities, sleep } from '@temporalio/workflow';
import type * as activities from './activities.js';

const { noop, submit, status, untilDone } = proxyActivities<typeof activities>({ startToCloseTimeout: '30s' });

/** The floor: two activities that do nothing. */
export async function twoNoops(): Promise<void> {
  await noop();
  await noop();
}

/** The common loop: a submit, then a timer of one second and a status read until the job is done. */
export async function commonLoop(job: { url: string; input: unknown }): Promise<unknown> {
  const id = await submit(job.url, job.input);
  for (;;) {
    await sleep('1s');
    const read = await status(job.url, id);
    if (read.status === 'COMPLETED') return read.output;
    if (read.status !== 'IN_QUEUE' && read.status !== 'IN_PROGRESS') throw ApplicationFailure.nonRetryable(read.status);
  }
}

/** The same with the status read first: as quick as can be where a job is done before it is first asked for. */
export async function statusFirstLoop(job: { url: string; input: unknown }): Promise<unknown> {
  const id = await submit(job.url, job.input);
  for (;;) {
    const read = await status(job.url, id);
    if (read.status === 'COMPLETED') return read.output;
    if (read.status !== 'IN_QUEUE' && read.status !== 'IN_PROGRESS') throw ApplicationFailure.nonRetryable(read.status);
    await sleep('1s');
  }
}

/** One workflow for each item, as a batch is often written: a submit, and an activity that waits for the job. */
export async function submitAndAwait(job: { url: string; input: unknown }): Promise<unknown> {
  return await untilDone(job.url, await submit(job.url, job.input));
}
