import type { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import type { JobHandle } from '../job-api/job.js';
import type { JobEndDetails } from './contract.js';
import { countOne } from './metrics.js';

/** Counts how a job ended, where what it was awaited by says that it did. */
export async function countEnd<T>(
  context: Pick<Context, 'metricMeter'>,
  { provider, endpointId }: JobHandle,
  body: () => Promise<T>,
): Promise<T> {
  const count = (outcome: string) => countOne(context, 'ended', `${provider}/${endpointId}`, outcome);
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
