import type { RecordedPlan } from '../plan.js';

const NEWEST: RecordedPlan['v'] = 4;

/**
 * Throws for a plan of a release after this one. As no failure of Temporal's it fails the workflow task, not the run, which stands
 * still until a worker takes it that knows the plan: taken for an older one, a step would see values that are not there.
 */
export function refuseNewer({ v, name = 'a pipeline' }: Pick<RecordedPlan, 'v' | 'name'>): void {
  if (v > NEWEST) {
    throw new Error(
      `the plan of ${name} has version ${v}, and this worker knows versions up to ${NEWEST}: it needs a newer release`,
    );
  }
}
