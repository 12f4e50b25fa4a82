/** What JobRelay is measured against: hand-written workflows, as one would write them without it. */
import { ApplicationFailure, proxyActivities, sleep } from '@temporalio/workflow';
import type { Activities } from '../../activities/contract.js';
import type * as activities from './activities.js';

const { noop, submit, status, untilDone } = proxyActivities<typeof activities>({ startToCloseTimeout: '30s' });

/** JobRelay's activities, on its queues and with the options that matter for their speed. */
const { submitJob } = proxyActivities<Activities>({
  taskQueue: 'jobrelay',
  startToCloseTimeout: '90s',
  heartbeatTimeout: '10s',
});
const { awaitJob } = proxyActivities<Activities>({
  taskQueue: 'jobrelay-await',
  startToCloseTimeout: '120s',
  heartbeatTimeout: '30s',
});

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

/** Jobs one after the other, each with what the one before returned. */
export async function chain({ url, steps }: { url: string; steps: number }): Promise<number> {
  let n = 0;
  for (let step = 0; step < steps; step++) {
    const output = (await untilDone(url, await submit(url, { n: n + 1 }))) as { n: number };
    n = output.n;
  }
  return n;
}

/** The same with JobRelay's activities, which keep what a crash would lose. What is left is the cost of the interpreter. */
export async function chainOfJobs({ steps }: { steps: number }): Promise<number> {
  const target = { endpoint: 'local/echo', provider: 'local', endpointId: 'echo' };
  const inlineMaxBytes = 65_536;
  let n = 0;
  for (let step = 0; step < steps; step++) {
    const limits = { executionTimeoutMs: 600_000, ttlMs: 2_700_000 };
    const { handle, completed } = await submitJob({ target, input: { n: n + 1 }, ...limits, stay: { inlineMaxBytes } });
    const request = { handle, endpoint: target.endpoint, queueMs: 300_000, runMs: 600_000, inlineMaxBytes };
    const { output } = completed ?? (await awaitJob(request));
    n = (output as { n: number }).n;
  }
  return n;
}
