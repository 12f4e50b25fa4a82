import { CancellationScope } from '@temporalio/workflow';
import type { CompletedJob } from '../../activities/contract.js';
import type { JobHandle } from '../../job-api/job.js';
import type { JsonValue } from '../../job-api/json.js';
import { countLostAnswer } from '../metrics.js';
import type { JobSettings, Target } from '../plan.js';
import { runActivity } from '../run-activity.js';
import { activityIdOf, attemptOf } from './attempt.js';
import type { JobEnd } from './job-end.js';
import { type JobMail, openMail } from './job-mail.js';
import type { JobRecord } from './job-record.js';
import type { LostSubmits } from './lost-submits.js';
import { readSubmitFailure } from './read-failure.js';
import { settleJob } from './settle-job.js';
import { ttlFor } from './ttl.js';

/** How long a provider may take no submit before the next is asked, where there is one. */
const PATIENCE_MS = 30_000;

/** Workers that may die over one submit before it is taken that the submit kills them. */
const REPEATS_MAX = 5;

export type Submitted =
  | {
      readonly kind: 'accepted';
      readonly handle: JobHandle;
      readonly mail: JobMail | undefined;
      /** It has ended already. */
      readonly completed?: CompletedJob | undefined;
    }
  | Exclude<JobEnd, { kind: 'completed' }>;

export interface SubmitOptions {
  /** Begins the ids of the job's activities. */
  readonly id: string;
  /** Of the attempt, from 1 on. */
  readonly number: number;
  readonly inlineMaxBytes: number;
  readonly record: JobRecord;
  readonly lost: LostSubmits;
  /** Another endpoint can take the job, so that a provider which takes no submit is not waited for. */
  readonly hasSubstitute: boolean;
  /** One that was not tried yet: an endpoint whose circuit is open is not waited for. */
  readonly elsewhere: boolean;
  /** Of the submit in whose place this one is. */
  readonly correlationKey?: string;
}

/** Submits a job to one endpoint. What is not accepted is in the record as an attempt, unless nothing was sent at all. */
export async function submitJob(
  settings: JobSettings,
  target: Target,
  input: JsonValue,
  { id, number, record, lost, inlineMaxBytes, hasSubstitute, elsewhere, correlationKey }: SubmitOptions,
): Promise<Submitted> {
  const { queueMs, runMs } = settings.timeouts;
  for (let repeat = 0; ; repeat++) {
    const submitId = activityIdOf(id, 'submit', number, repeat);
    const mail = target.webhook === undefined ? undefined : openMail(submitId);
    const submittedAt = new Date().toISOString();
    try {
      const { handle, completed } = await runActivity(
        'submitJob',
        {
          target,
          input,
          executionTimeoutMs: runMs,
          ttlMs: ttlFor(queueMs, runMs),
          ...(settings.lowPriority === undefined ? {} : { lowPriority: settings.lowPriority }),
          ...(settings.s3Config === undefined ? {} : { s3Config: settings.s3Config }),
          ...(hasSubstitute ? { patienceMs: PATIENCE_MS } : {}),
          ...(elsewhere ? { elsewhere } : {}),
          ...(correlationKey === undefined ? {} : { correlationKey }),
          ...(mayStay(settings, target) ? { stay: { inlineMaxBytes } } : {}),
        },
        {
          activityId: submitId,
          summary: `submit to ${target.provider}/${target.endpointId}`,
        },
      );
      return { kind: 'accepted', handle, mail, completed };
    } catch (error) {
      const end = readSubmitFailure(error);
      switch (end.kind) {
        case 'accepted':
          return { ...end, mail };
        case 'cancelled':
          return end;
        case 'safe-to-repeat':
          // Not after a cancel: nothing is out, so nothing is owed.
          if (CancellationScope.current().consideredCancelled) return { kind: 'cancelled' };
          if (repeat < REPEATS_MAX) continue;
          return {
            kind: 'failed',
            type: 'Unavailable',
            message: `${repeat + 1} workers in a row ended while preparing this submit`,
          };
        case 'ambiguous': {
          const known = end.correlationKey === undefined ? {} : { correlationKey: end.correlationKey };
          /** Of a job that only its webhook tells of. */
          const handleOf = (jobId: string): JobHandle => ({
            provider: target.provider,
            endpointId: target.endpointId,
            jobId,
            submittedAt,
            ttlMs: ttlFor(queueMs, runMs),
            ...known,
          });
          const jobId = mail === undefined ? undefined : await adopt(mail, target, number, record);
          countLostAnswer(jobId === undefined ? 'suspectedDuplicates' : 'adopted', target);
          if (jobId !== undefined) return { kind: 'accepted', handle: handleOf(jobId), mail };
          if (mail !== undefined) {
            const settleLost = (handle: JobHandle) =>
              settleJob(
                { handle, endpoint: target.endpoint, inlineMaxBytes, why: 'SubmitAmbiguous' },
                submitId.replace('/submit-', '/cancel-'),
              );
            lost.watch({ mail, attempt: number, handleOf, settle: settleLost });
          }
          record.add(attemptOf(target, 'SubmitAmbiguous', { message: end.message, submittedAt, ...known }), {}, number);
          if (CancellationScope.current().consideredCancelled) return { kind: 'cancelled', suspected: true };
          return { kind: 'failed', type: 'SubmitAmbiguous', message: end.message };
        }
        case 'refused':
          record.add(attemptOf(target, end.type, { message: end.message, submittedAt }), {}, number);
          return {
            ...{ kind: 'failed', type: end.type, message: end.message },
            ...(end.skipped && { skipped: true }),
          };
      }
    }
  }
}

/** Nothing is asked of the wait for the job but its output. A schema would stand in the history once more for each job. */
function mayStay({ outputSchema, stream }: JobSettings, { webhook }: Target): boolean {
  return outputSchema === undefined && stream === undefined && webhook === undefined;
}

/** Waits for the webhook that names the job of a submit whose answer was lost. */
async function adopt(
  mail: JobMail,
  { endpoint, webhook }: Target,
  number: number,
  record: JobRecord,
): Promise<string | undefined> {
  record.enter({ phase: 'adopting', endpoint }, number);
  return await mail.jobIdWithin(webhook?.adoptMs ?? 0);
}
