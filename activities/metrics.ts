/** The counters of activities, which a worker exposes beside Temporal's own. Names and labels are relied on from outside. */
import type { Context } from '@temporalio/activity';

const METRICS = {
  submitted: { name: 'jobrelay_jobs_submitted_total', description: 'Jobs that a provider accepted.' },
  adopted: {
    // Counted by workflows too, where a webhook names the job.
    name: 'jobrelay_submits_adopted_total',
    description: 'Submits whose answer was lost and whose job was found.',
  },
  ended: {
    name: 'jobrelay_jobs_ended_total',
    description: 'Jobs that were awaited and whose end was seen, by how: COMPLETED, or the type of the failure.',
  },
  settled: {
    name: 'jobrelay_jobs_settled_total',
    description: 'Jobs that nobody wanted any more, by what became of them; of an unconfirmed one nobody saw the end.',
  },
  readLate: {
    name: 'jobrelay_results_read_late_total',
    description: 'Jobs that nobody had read for over half of the time that their result stays.',
  },
} as const;

/** @param endpoint - `provider/endpointId` */
export function countOne(
  { metricMeter }: Pick<Context, 'metricMeter'>,
  metric: keyof typeof METRICS,
  endpoint: string,
  outcome?: string,
): void {
  const { name, description } = METRICS[metric];
  metricMeter
    .createCounter(name, undefined, description)
    .add(1, { endpoint, ...(outcome !== undefined && { outcome }) });
}
