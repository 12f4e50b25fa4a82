import { Runtime } from '@temporalio/worker';
import type { CircuitChange } from '../job-api/index.js';

/** Shows the circuits that were ever open beside the counters of activities. Name and label are relied on from outside. */
export function showCircuit({ name: endpoint, status }: CircuitChange): void {
  // Made with the first change: the runtime of the process is installed by then, ours or that of a worker with the plugin.
  Runtime.instance()
    .metricMeter.createGauge(
      'jobrelay_circuit_open',
      'int',
      undefined,
      'Whether this worker leaves an endpoint alone, by what it has seen of it: 1 until it takes jobs again, then 0.',
    )
    .set(status === 'open' ? 1 : 0, { endpoint });
}
