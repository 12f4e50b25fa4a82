import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { type JsonValue, type PipelineResult, type Run, RunCancelled, RunFailed } from '../../client/index.js';
import type { EndpointDefinition, Handler } from '../../emulator/index.js';
import { createEndpoints } from '../../examples/contact-sheet/handlers.js';
import { packageRoot } from '../../examples/contact-sheet/package-root.js';
import { readPictures } from '../../examples/contact-sheet/read-pictures.js';
import { until } from '../integration/harness.js';
import { type Fleet, startFleet, untilAwaited } from './fleet.js';
import { createGates, type Gates, heldEndpoint } from './gates.js';

const SAMPLE = join(packageRoot(), 'examples/contact-sheet');

/** A worker's death is noticed by the heartbeat timeout of what it was doing: 30 s for a job it waited for. */
const RECOVERY_MS = 300_000;
/** Some thirty jobs with pictures on a machine that is busy with other tests. */
const SLOW_MS = 120_000;

/** The sample's own endpoints, without their waits, each behind the gate of its name. */
function gatedSample(gates: Gates): Record<string, EndpointDefinition> {
  const behindGates = Object.entries(createEndpoints(0)).map(([name, { handler, ...rest }]) => {
    const gated: Handler = async (input, context) => {
      await gates.passed(name);
      return (await handler?.(input, context)) as JsonValue;
    };
    return [name, { ...rest, handler: gated }];
  });
  return Object.fromEntries(behindGates);
}

async function startSample(fleet: Fleet, limit: number): Promise<Run<PipelineResult>> {
  const definition = parse(await readFile(join(SAMPLE, 'pipeline.yaml'), 'utf8'));
  const pictures = await readPictures(join(SAMPLE, 'pictures'), { limit, log: () => undefined });
  return await fleet.relay.start('pipeline', { definition, input: { pictures } as never });
}

/** How often the provider accepted each input, by endpoint: `{ score: [2, 1, 1, …] }`, most frequent first. */
function submitsByInput({ emulator }: Fleet): Record<string, number[]> {
  const counts: Record<string, Record<string, number>> = {};
  for (const { endpoint, input } of emulator.jobs()) {
    const key = JSON.stringify(input);
    counts[endpoint] = { ...counts[endpoint], [key]: (counts[endpoint]?.[key] ?? 0) + 1 };
  }
  return Object.fromEntries(
    Object.entries(counts).map(([endpoint, byInput]) => [endpoint, Object.values(byInput).sort((a, b) => b - a)]),
  );
}

const times = (count: number, value: number): number[] => new Array<number>(count).fill(value);

describe.concurrent('kill -9 of the worker', () => {
  it.for([
    { step: 'normalise', waiting: 8, pictures: 12 },
    { step: 'caption', waiting: 4, pictures: 4 },
  ])(
    'while $waiting jobs of the sample wait for $step: a new worker completes the run, and each job was submitted once',
    { timeout: RECOVERY_MS },
    async ({ step, waiting, pictures }, { onTestFinished }) => {
      const gates = createGates();
      const fleet = await startFleet({ endpoints: gatedSample(gates) });
      onTestFinished(() => fleet.stop());
      for (const other of ['normalise', 'score', 'caption', 'sheet']) if (other !== step) gates.open(other);
      const jobsOf = (endpoint: string) => fleet.emulator.jobs().filter((job) => job.endpoint === endpoint);
      const first = await fleet.startWorker();
      const run = await startSample(fleet, pictures);
      const reached = until(`${step} has its jobs`, () => jobsOf(step).length === waiting, SLOW_MS);
      // A run that fails before says why.
      await Promise.race([reached, run.result()]);
      await untilAwaited(run, waiting);

      first.signal('SIGKILL');
      expect(await first.ended).toBe('SIGKILL');
      // The jobs end while nobody follows them.
      gates.open(step);
      await until('the jobs have ended', () => fleet.emulator.jobs().every(({ endedAt }) => endedAt !== null));
      await fleet.startWorker();

      const { output, usage, suspectedDuplicates } = await run.result();
      expect(suspectedDuplicates).toBe(0);
      // The first score of all fails on purpose, and is asked for once more.
      expect(submitsByInput(fleet)).toEqual({
        normalise: times(pictures, 1),
        score: [2, ...times(pictures - 1, 1)],
        caption: times(Math.min(6, pictures), 1),
        sheet: [1],
      });
      expect(usage.jobs).toBe(fleet.emulator.jobs().length);
      const sheet = await fleet.relay.artifact((output as { sheet: never }).sheet);
      expect((await sharp(sheet).metadata()).format).toBe('png');
    },
  );

  it(
    'while requests are on their way: ambiguous submits are counted, and a cancel is carried out',
    async ({ onTestFinished }) => {
      const gates = createGates();
      const fleet = await startFleet({ endpoints: { held: heldEndpoint(gates) } });
      onTestFinished(() => fleet.stop());
      const first = await fleet.startWorker();
      const start = (mark: string, more = {}) =>
        fleet.relay.start('job', { endpoint: 'local/held', input: { mark }, ...more });

      const cancelled = await start('cancelled');
      await untilAwaited(cancelled);
      fleet.emulator.setFaults([
        // The provider takes both jobs, and its answers do not come.
        { kind: 'delay-answer', operation: 'run', delayMs: 3_600_000, times: 2 },
        // The cancel hangs on its way.
        { kind: 'delay', operation: 'cancel', delayMs: 3_600_000, times: 1 },
      ]);
      const repeated = await start('repeated', { endpoint: 'keyed' });
      const failing = await start('failing', { onAmbiguousSubmit: 'fail' });
      await cancelled.cancel();
      await until('all three requests are on their way', async () => {
        const { pendingActivities } = await cancelled.status();
        const cancelling = pendingActivities.some(({ type, state }) => type === 'cancelJob' && state === 'running');
        return cancelling && fleet.jobsMarked('repeated').length === 1 && fleet.jobsMarked('failing').length === 1;
      });

      first.signal('SIGKILL');
      await first.ended;
      gates.open('repeated');
      await fleet.startWorker();

      expect(await repeated.result()).toMatchObject({
        status: 'COMPLETED',
        suspectedDuplicates: 1,
        attempts: [{ outcome: 'SubmitAmbiguous' }, { outcome: 'COMPLETED' }],
      });
      // The intent on record has the key, so that the handler of the second knows the work of the first.
      const keys = fleet.jobsMarked('repeated').map(({ input }) => Object(input).relay_key);
      expect(keys).toEqual([expect.stringContaining('-'), keys[0]]);

      const failure = await failing.result().catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(RunFailed);
      expect(failure).toMatchObject({ type: 'SubmitAmbiguous', details: { suspectedDuplicates: 1 } });
      expect(fleet.jobsMarked('failing')).toHaveLength(1);

      const cancellation = await cancelled.result().catch((error: unknown) => error);
      expect(cancellation).toBeInstanceOf(RunCancelled);
      expect(cancellation).toMatchObject({ settlement: { jobs: [{ settled: 'stopped' }] } });
      expect(fleet.jobsMarked('cancelled')).toMatchObject([{ status: 'CANCELLED' }]);
    },
    RECOVERY_MS,
  );
});
