/** What JobRelay is measured against: hand-written workflows, as one would write them without it. */
import { proxyActivities, sleep } from '@temporalio/workflow';
import type * as activities from './activities.js';

const { noop, submit, status, cancel } = proxyActivities<typeof activities>({ startToCloseTimeout: '30s' });

/** The floor: two activities that do nothing. */
export async function twoNoops(): Promise<void> {
  await noop();
  await noop();
}

/** The common loop: a submit, then a status read and a timer of one second until the job is done. */
export async function commonLoop(job: { url: string; input: unknown }): Promise<unknown> {
  const id = await submit(job.url, job.input);
  for (;;) {
    const read = await status(job.url, id);
    if (read.status === 'COMPLETED') return read.output;
    if (read.status === 'FAILED') await cancel(job.url, id);
    await sleep('1s');
  }
}
