import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { until } from '../integration/harness.js';
import { startFrontDoor } from '../integration/worker/front-door.js';
import { startFleet, untilAwaited } from './fleet.js';
import { createGates, heldEndpoint } from './gates.js';

/** The death of a worker is noticed by the heartbeat timeout of what waited: 30 s. */
const RECOVERY_MS = 300_000;

/** Workers that read a job once when they begin to wait for it, and then only when a webhook comes: the backstop is an hour. */
async function fleetBehindOneDoor({ onTestFinished }: Pick<TestContext, 'onTestFinished'>) {
  const door = await startFrontDoor();
  onTestFinished(() => door.close());
  const gates = createGates();
  const fleet = await startFleet({
    endpoints: { held: heldEndpoint(gates) },
    env: { HOOKS: 'the secret of these tests' },
  });
  onTestFinished(() => fleet.stop());
  const yaml = `version: 1
webhooks: { listen: "127.0.0.1:0", publicUrl: "${door.url}", secret: "\${HOOKS}", backstop: 1h }
`;
  await writeFile(join(fleet.stateDir, 'jobrelay.yaml'), yaml);
  return { ...fleet, door, gates };
}

describe.concurrent('kill -9 of a worker whose jobs have webhooks', () => {
  it(
    'while another gets the webhook: the run hears of it, and the other finishes the job at once',
    async (context) => {
      const { relay, door, gates, startWorker, emulator } = await fleetBehindOneDoor(context);
      const first = await startWorker();
      const run = await relay.start('job', { endpoint: 'local/held', input: { mark: 'one' } });
      await untilAwaited(run);
      const second = await startWorker();
      door.leadTo(second.webhooks);

      first.signal('SIGKILL');
      await first.ended;
      gates.open('one');
      expect(await run.result()).toMatchObject({
        status: 'COMPLETED',
        attempts: [{ outcome: 'COMPLETED' }],
        suspectedDuplicates: 0,
      });
      expect(door.answers).toEqual([200]);
      expect(emulator.jobs()).toHaveLength(1);
    },
    RECOVERY_MS,
  );

  it(
    'after it took the webhook and before it read the job: the next worker reads it',
    async (context) => {
      const { relay, door, gates, startWorker, emulator } = await fleetBehindOneDoor(context);
      const first = await startWorker();
      door.leadTo(first.webhooks);
      const run = await relay.start('job', { endpoint: 'local/held', input: { mark: 'one' } });
      await untilAwaited(run);
      emulator.setFaults([{ kind: 'delay', operation: 'status', delayMs: 3_600_000, times: 1 }]);
      gates.open('one');
      await until('the webhook was taken', () => door.answers.length === 1);
      expect(door.answers).toEqual([200]);

      first.signal('SIGKILL');
      await first.ended;
      await startWorker();
      expect(await run.result()).toMatchObject({ status: 'COMPLETED', attempts: [{ outcome: 'COMPLETED' }] });
      expect(emulator.jobs()).toHaveLength(1);
    },
    RECOVERY_MS,
  );

  it(
    'and of all others, so that the webhook is lost: the next worker reads the job',
    async (context) => {
      const { relay, door, gates, startWorker, emulator } = await fleetBehindOneDoor(context);
      const first = await startWorker();
      const run = await relay.start('job', { endpoint: 'local/held', input: { mark: 'one' } });
      await untilAwaited(run);
      first.signal('SIGKILL');
      await first.ended;
      gates.open('one');
      await until('the webhook came to nobody', () => door.answers.length === 1);
      expect(door.answers).toEqual([502]);

      await startWorker();
      expect(await run.result()).toMatchObject({ status: 'COMPLETED', attempts: [{ outcome: 'COMPLETED' }] });
      expect(emulator.jobs()).toHaveLength(1);
    },
    RECOVERY_MS,
  );
});
