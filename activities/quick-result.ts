import type { Context } from '@temporalio/activity';
import { isTerminal, type JobHandle } from '../job-api/job.js';
import { tellingCircuit } from './circuits.js';
import type { AwaitJobRequest, CompletedJob } from './contract.js';
import { countEnd } from './count-end.js';
import type { ActivityDeps } from './deps.js';
import { finishJob } from './finish-job.js';

/** How long a submit stays with its job, at most: it holds a slot that other submits may want. */
const STAY_MS = 250;

/**
 * The result of a job that was just submitted, where its endpoint is known to end jobs in a moment. It costs the run one
 * activity then instead of two, and the provider no more requests: a new job is read at once anyway.
 *
 * Undefined where the job is to be awaited as usual: the endpoint is not quick, the job takes longer than others, or
 * anything is wrong with it, with a read or with its output. Whoever awaits it sees that too, and says so. Never rejects.
 */
export async function quickResult(
  request: Pick<AwaitJobRequest, 'handle' | 'endpoint' | 'inlineMaxBytes'>,
  deps: ActivityDeps,
  context: Context,
): Promise<CompletedJob | undefined> {
  const { handle } = request;
  if (!deps.pollSchedule(handle.provider, handle.endpointId).isQuick) return undefined;
  const signal = AbortSignal.any([context.cancellationSignal, AbortSignal.timeout(STAY_MS)]);
  try {
    const job = await untilEnded(handle, deps, signal);
    if (job.status !== 'COMPLETED') return undefined;
    // What its output leads to may be large; a cancel is not to wait for that.
    const completed = await Promise.race([finishJob(job, request, deps), context.cancelled]);
    return await countEnd(context, handle, () => tellingCircuit(handle, deps, async () => completed));
  } catch {
    return undefined;
  }
}

async function untilEnded({ provider, endpointId, ...job }: JobHandle, deps: ActivityDeps, signal: AbortSignal) {
  const seat = deps.pollSchedule(provider, endpointId).join(job);
  try {
    for (;;) {
      await seat.turn({ capMs: Number.POSITIVE_INFINITY, signal });
      const read = await deps.jobApi(provider).status(endpointId, job.jobId, { signal });
      // One that failed is told of by whoever awaits it: an end is to be told once.
      if (!isTerminal(read.status) || read.status === 'COMPLETED') seat.told(read);
      if (isTerminal(read.status)) return read;
    }
  } finally {
    seat.leave();
  }
}
