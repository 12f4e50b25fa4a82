import type { Context } from '@temporalio/activity';
import { capturePathsOf } from '../config/index.js';
import { isTerminal, type RemoteJob } from '../job-api/job.js';
import type { PollSeat } from '../job-api/polling/poll-seat.js';
import { tellingCircuit } from './circuits.js';
import type { AwaitJobRequest, CompletedJob } from './contract.js';
import { countEnd } from './count-end.js';
import type { ActivityDeps } from './deps.js';
import { finishJob } from './finish-job.js';

/** How long a submit stays with its job: it holds a slot that other submits, and cancels, may want. */
const STAY_MS = 250;

type QuickRequest = Pick<AwaitJobRequest, 'handle' | 'endpoint' | 'inlineMaxBytes'>;

/**
 * What a submit learns of its job by staying with it for a moment.
 * - `completed`: its result.
 * - `unknown`: the job is to be awaited. It takes longer than others, or something is wrong with it, with a read or with its
 *   output: whoever awaits it sees that too, and says so.
 */
export type Stay = { readonly kind: 'completed'; readonly completed: CompletedJob } | { readonly kind: 'unknown' };

/**
 * Stays with a job that was just submitted, where its endpoint is known to end jobs in a moment: it costs the run one
 * activity then instead of two. Undefined, and nothing was asked, where it is not, or where what outputs lead to is to be
 * fetched, which takes longer than a moment. Never rejects.
 */
export async function stayWithQuickJob(
  request: QuickRequest,
  deps: ActivityDeps,
  context: Context,
): Promise<Stay | undefined> {
  const { handle, endpoint } = request;
  const schedule = deps.pollSchedule(handle.provider, handle.endpointId);
  if (!schedule.isQuick || capturePathsOf(deps.config, { ...handle, endpoint }) !== undefined) return undefined;
  const seat = schedule.join(handle);
  const over = new AbortController();
  // Not `AbortSignal.timeout` in `AbortSignal.any`: Node may collect it before it fires (nodejs/node#57736).
  const timer = setTimeout(() => over.abort(), STAY_MS);
  context.cancelled.catch(() => over.abort());
  try {
    const completed = await Promise.race([resultOf(request, seat, deps, over.signal), aborted(over.signal)]);
    await countEnd(context, handle, () => tellingCircuit(handle, deps, async () => completed));
    return { kind: 'completed', completed };
  } catch {
    if (!context.cancellationSignal.aborted) schedule.stayedInVain();
    return { kind: 'unknown' };
  } finally {
    clearTimeout(timer);
    seat.leave();
  }
}

async function resultOf(
  request: QuickRequest,
  seat: PollSeat,
  deps: ActivityDeps,
  signal: AbortSignal,
): Promise<CompletedJob> {
  const job = await untilEnded(request, seat, deps, signal);
  if (job.status !== 'COMPLETED') throw new Error(`the job is ${job.status}`);
  const completed = await finishJob(job, request, deps);
  signal.throwIfAborted();
  // An end is told once: one without a result is told by whoever awaits the job.
  seat.told(job);
  return completed;
}

async function untilEnded(
  { handle: { provider, endpointId, jobId } }: QuickRequest,
  seat: PollSeat,
  deps: ActivityDeps,
  signal: AbortSignal,
): Promise<RemoteJob> {
  for (;;) {
    const turn = await seat.turn({ capMs: Number.POSITIVE_INFINITY, windowMs: STAY_MS, signal });
    if (turn.kind !== 'status') throw new Error('the job is not worth a read now');
    const job = await deps.jobApi(provider).status(endpointId, jobId, { signal });
    if (isTerminal(job.status)) return job;
    seat.told(job);
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
