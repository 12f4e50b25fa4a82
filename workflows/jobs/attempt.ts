import type { JobHandle } from '../../job-api/job.js';
import type { Attempt } from '../contract.js';
import type { Target } from '../plan.js';
import { failureClass } from './next-try.js';

export type AttemptDetails = Pick<Attempt, 'handle' | 'settled' | 'message' | 'submittedAt' | 'correlationKey'>;

/** An attempt that is over now, by the clock of the run. */
export function attemptOf({ endpoint }: Target, outcome: Attempt['outcome'], more: AttemptDetails): Attempt {
  const submittedAt = more.handle?.submittedAt ?? more.submittedAt;
  const failedBy = failureClass(outcome);
  const correlationKey = more.handle?.correlationKey ?? more.correlationKey;
  return {
    endpoint,
    outcome,
    ...(failedBy === undefined ? {} : { class: failedBy }),
    ...(more.handle ? { jobId: more.handle.jobId } : {}),
    ...more,
    ...(submittedAt === undefined ? {} : { submittedAt }),
    ...(correlationKey === undefined ? {} : { correlationKey }),
    endedAt: new Date().toISOString(),
  };
}

/** @param number of the attempt, from 1 on @param repeat of its submit, after workers that ended before they sent it */
export function activityIdOf(id: string, phase: string, number: number, repeat = 0): string {
  return `${id}/${phase}-${number}${repeat > 0 ? `.${repeat}` : ''}`;
}

/** As people find it in the Temporal UI and at its provider. */
export function describeJob({ provider, endpointId, jobId }: JobHandle): string {
  return `${provider}/${endpointId} job ${jobId}`;
}
