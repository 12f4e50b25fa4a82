import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import type { JsonValue } from '../../job-api/json.js';
import type { RunBudget } from '../budget/run-budget.js';
import type { JobSettings, Target } from '../plan.js';
import { HedgedJob } from './hedged-job.js';
import type { JobEnd } from './job-end.js';
import type { JobRecord } from './job-record.js';
import { keptKey } from './kept-key.js';
import { LostSubmits } from './lost-submits.js';
import { FIRST_TRY, hasUntried, nextTry, type Tries } from './next-try.js';
import { type Following, tryOnce } from './one-try.js';
import { keepStream } from './stream-places.js';
import { afterFailure, type Failed } from './submit-within.js';

export interface FollowOptions {
  /** Begins the ids of the job's activities; unique in the run. What a person gives to `temporal activity`. */
  readonly id: string;
  readonly inlineMaxBytes: number;
  /** Filled while the job goes on, so that whoever looks in between sees the attempts so far. */
  readonly record: JobRecord;
  /** Another job stands ready to do the work, so that a provider which takes no submit is not waited for. */
  readonly hasSubstitute?: boolean;
  /** It is tried after this one. */
  readonly hasNext?: boolean;
  /** Of the run; absent where it has none. */
  readonly budget?: RunBudget;
}

/**
 * Follows one job to its end: submit, await, and on every way out but success, settle. Never throws for what can happen
 * to a job; a cancel of the surrounding scope ends it as `cancelled`, after settling.
 */
export async function followJob(settings: JobSettings, input: JsonValue, options: FollowOptions): Promise<JobEnd> {
  const { totalMs } = settings.timeouts;
  const lost = new LostSubmits(options.record);
  if (options.budget !== undefined) options.record.chargeTo(options.budget);
  const asked = CancellationScope.current();
  const stream = settings.stream === 'events' ? keepStream(options.id) : undefined;
  const following: Following = {
    ...options,
    lost,
    hasSubstitute: settings.targets.length > 1 || options.hasSubstitute === true,
    hasNext: options.hasNext === true,
    // A cancel of this scope says that nobody wants the job; one of the scope below may only be the total limit.
    isWanted: () => !asked.consideredCancelled,
    ...(stream === undefined ? {} : { stream }),
  };
  const { hedge } = settings;
  // As below: an await more would break the replay of runs without a stream, or without hedges.
  const follow = () =>
    hedge !== undefined
      ? new HedgedJob({ ...settings, hedge }, input, following).follow()
      : stream === undefined
        ? tryInTurn(settings, input, following)
        : tryInTurn(settings, input, following).finally(() => stream.end());
  if (totalMs === undefined) {
    const end = await follow();
    // Only then, here and below: an await more would break the replay of runs that have no webhooks.
    if (lost.settling !== undefined) await lost.settling;
    return end;
  }

  // The timer costs two events, so only a run that asked for a total limit has one.
  const end = await new CancellationScope({ cancellable: true, timeout: totalMs }).run(follow);
  if (lost.settling !== undefined) await lost.settling;
  if (end.kind !== 'cancelled' || asked.consideredCancelled) return end;
  return { kind: 'failed', type: 'TotalTimeout', message: `the job took longer than its total limit of ${totalMs} ms` };
}

async function tryInTurn(
  settings: JobSettings,
  input: JsonValue,
  { hasNext, ...following }: Following,
): Promise<JobEnd> {
  let tries: Tries = FIRST_TRY;
  let correlationKey: string | undefined;
  const { attempts } = following.record;
  const first = attempts.length;
  let before: Failed | undefined;
  for (let target = 0; ; ) {
    const number = attempts.length + 1;
    const end = await tryOnce(settings, settings.targets[target] as Target, input, {
      ...following,
      number,
      elsewhere: hasUntried(settings, tries) || hasNext,
      ...(correlationKey === undefined ? {} : { correlationKey }),
    });
    if (end.kind !== 'failed') return end;

    const next = nextTry(settings, tries, end, Math.random);
    if (next.kind === 'give-up') return afterFailure(end, before);
    before = end;
    try {
      if (next.delayMs > 0) await sleep(next.delayMs);
    } catch (error) {
      if (isCancellation(error)) return { kind: 'cancelled' };
      throw error;
    }
    ({ tries, target } = next);
    correlationKey = keptKey(attempts.slice(first), correlationKey);
  }
}
