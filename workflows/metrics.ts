/** The counters that workers expose beside Temporal's own. Names and labels are relied on from outside. */

export interface MetricDefinition {
  readonly name: string;
  readonly description: string;
  readonly labels: readonly string[];
}

export const METRICS = {
  submitted: {
    name: 'jobrelay_jobs_submitted_total',
    description: 'Jobs that a provider accepted.',
    labels: ['endpoint'],
  },
  ended: {
    name: 'jobrelay_jobs_ended_total',
    description:
      'Jobs that were awaited and whose end was seen, by how they ended: COMPLETED, or the type of the failure.',
    labels: ['endpoint', 'outcome'],
  },
  settled: {
    name: 'jobrelay_jobs_settled_total',
    description: 'Jobs that nobody wanted any more, by what became of them; of an unconfirmed one nobody saw the end.',
    labels: ['endpoint', 'outcome'],
  },
  suspectedDuplicates: {
    name: 'jobrelay_suspected_duplicates_total',
    description:
      'Submits whose fate is not known: each may have made a job that is billed beside the one that is followed.',
    labels: ['endpoint'],
  },
  adopted: {
    name: 'jobrelay_submits_adopted_total',
    description: 'Submits whose answer was lost and whose job was found, and followed or settled.',
    labels: ['endpoint'],
  },
  readLate: {
    name: 'jobrelay_results_read_late_total',
    description: 'Jobs that nobody had read for over half of the time that their result stays.',
    labels: ['endpoint'],
  },
} as const satisfies Readonly<Record<string, MetricDefinition>>;

export type MetricName = keyof typeof METRICS;

/** The part of a meter that is needed: that of an activity, or of a workflow, which counts nothing in a replay. */
interface Meter {
  createCounter(
    name: string,
    unit: string | undefined,
    description: string,
  ): { add(value: number, labels: Record<string, string>): void };
}

/** @param endpoint `provider/endpointId` */
export function countOne(meter: Meter, metric: MetricName, endpoint: string, outcome?: string): void {
  const { name, description } = METRICS[metric];
  const counter = meter.createCounter(name, undefined, description);
  counter.add(1, { endpoint, ...(outcome !== undefined && { outcome }) });
}
