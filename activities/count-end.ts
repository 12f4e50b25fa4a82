import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { JobHandle } from '../job-api/job.js';
import { countOne } from '../workflows/metrics.js';
import type { JobEndDetails } from './contract.js';

/** Counts how a job ended, where what it was awaited by says that it did. */
export async function countEnd<T>(
  { metricMeter }: Pick<Context, 'metricMeter'>,
  { provider, endpointId }: JobHandle,
  body: () => Promise<T>,
): Promise<T> {
  const count = (outcome: string) => countOne(metricMeter, 'ended', `${provider}/${endpointId}`, outcome);
  try {
    const completed = await body();
    count('COMPLETED');
    return completed;
  } catch (error) {
    if (error instanceof ApplicationFailure && error.type) {
      const details = error.details?.[0] as Partial<JobEndDetails> | undefined;
      if (details?.ended === true) count(error.type);
    }
    throw error;
  }
}
