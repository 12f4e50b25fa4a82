import type { CheckName } from '../catalogue.js';
import type { Conversation } from '../conversation.js';
import { describeExchange, type Exchange, isRefused, type JobPlace, type Probe } from '../probe.js';

const WAIT_MS = 1_000;

const READS = [
  ['status', 'status-unknown', (probe, place) => probe.status(place)],
  ['statusSync', 'long-poll-unknown', (probe, place) => probe.statusSync(place, WAIT_MS)],
  ['stream', 'stream-unknown', (probe, place) => probe.stream(place, WAIT_MS)],
  ['cancel', 'cancel-unknown', (probe, place) => probe.cancel(place)],
  ['retry', 'retry-unknown', (probe, place) => probe.retry(place)],
] as const satisfies readonly (readonly [
  Parameters<Probe['has']>[0],
  CheckName,
  (probe: Probe, place: JobPlace) => Promise<Exchange<unknown>>,
])[];

/** "Job gone" has to be told from "endpoint gone" and from a passing failure: a run gives a job up for it. */
export async function checkUnknownJob({ probe, verdicts, options }: Conversation): Promise<void> {
  for (const [operation, check, ask] of READS) {
    if (!probe.has(operation)) {
      verdicts.notThere(check, 'the dialect has none');
      continue;
    }
    const asked = await ask(probe, { endpointId: options.endpointId, jobId: `${crypto.randomUUID()}-u1` });
    verdicts.holds(check, isRefused(asked, 'JobNotFound'), describeExchange(asked));
  }
}
