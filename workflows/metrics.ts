/** The counters of workflows, which a worker exposes beside Temporal's own. Names and labels are relied on from outside. */
import { metricMeter } from '@temporalio/workflow';
import type { Target } from './plan.js';

const METRICS = {
  suspectedDuplicates: {
    name: 'jobrelay_suspected_duplicates_total',
    description:
      'Submits whose fate is not known: each may have made a job that is billed beside the one that is followed.',
  },
  adopted: {
    name: 'jobrelay_submits_adopted_total',
    description: 'Submits whose answer was lost and whose job was found.',
  },
} as const;

/** Counts a submit whose answer was lost; nothing in a replay. */
export function countLostAnswer(fate: keyof typeof METRICS, { provider, endpointId }: Target): void {
  count(fate, `${provider}/${endpointId}`, 1);
}

/** Counts what runs that were terminated did not live to count, by `provider/endpointId`. */
export function countUnseenDuplicates(byEndpoint: Readonly<Record<string, number>>): void {
  for (const [endpoint, submits] of Object.entries(byEndpoint)) count('suspectedDuplicates', endpoint, submits);
}

function count(metric: keyof typeof METRICS, endpoint: string, times: number): void {
  const { name, description } = METRICS[metric];
  metricMeter.createCounter(name, undefined, description).add(times, { endpoint });
}
