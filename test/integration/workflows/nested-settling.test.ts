import { afterAll, beforeAll, expect, test } from 'vitest';
import type { RunCancelled } from '../../../client/index.js';
import { TestClock } from '../../../emulator/index.js';
import { type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
const clock = new TestClock({ startAt: Date.now() });
beforeAll(async () => {
  harness = await startHarness({
    emulator: { clock },
    endpoints: {
      held: {
        workers: 20,
        handler: (_, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve(null))),
      },
    },
  });
});
afterAll(() => harness.stop());

const JOBS = 3 + 2 * 2 + 1;

test('a run that is cancelled tells of the jobs of its nested pipelines, how many there are and how far they are', async () => {
  const jobs = (count: number) => ({
    version: 1,
    steps: { jobs: { forEach: `{% [1..${count}] %}`, endpoint: 'local/held', input: { n: '{% $item %}' } } },
  });
  const deeper = { version: 1, steps: { deeper: { pipeline: jobs(3) } } };
  const steps = {
    alone: { pipeline: deeper },
    each: { forEach: [1, 2], pipeline: jobs(2) },
    own: { endpoint: 'local/held', input: { n: 0 } },
  };
  const run = await harness.relay.start('pipeline', { definition: { version: 1, steps }, input: {} } as never);
  await until('all jobs run', () => harness.emulator.jobs().filter(({ startedAt }) => startedAt).length === JOBS);

  // A worker that is busy with other tests may not answer in time.
  const settling = async () => (await run.progress().catch(() => undefined))?.settling;
  // The clock stands, and so no cancel is carried out.
  harness.emulator.setFaults([{ kind: 'delay', operation: 'cancel', delayMs: 1_000 }]);
  await run.cancel();
  await until('all jobs are known to be settled', async () => (await settling())?.total === JOBS);
  expect(await until('it says how far it is', settling)).toEqual({ done: 0, total: JOBS });
  const details = await until('it is asked for its table', () => detailsOf(run.workflowId).catch(() => undefined));
  expect(details).toContain(`Settling its jobs: **0** of ${JOBS} have been brought to an end.`);

  harness.emulator.clearFaults();
  clock.advance(1_000);
  const error = await run.result().catch((thrown: unknown) => thrown);
  expect((error as RunCancelled).settlement?.jobs.map(({ settled }) => settled)).toEqual(Array(JOBS).fill('stopped'));
  expect(await until('it says how far it was', settling)).toEqual({ done: JOBS, total: JOBS });
});

/** The table that the Temporal UI shows of a run. */
async function detailsOf(workflowId: string): Promise<string> {
  const { workflowService, options } = harness.temporal;
  const { queryResult } = await workflowService.queryWorkflow({
    namespace: options.namespace,
    execution: { workflowId },
    query: { queryType: '__temporal_workflow_metadata' },
  });
  return queryResult?.payloads?.map(({ data }) => Buffer.from(data ?? []).toString()).join('') ?? '';
}
