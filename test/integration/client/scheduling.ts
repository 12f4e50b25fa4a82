/** What the tests of schedules share: a harness, and ids whose schedules are deleted in the end. */
import { randomUUID } from 'node:crypto';
import { type JobRelayClient, type ScheduleInput, ScheduleNotFound } from '../../../client/index.js';
import { type Harness, startHarness } from '../harness.js';

export interface Scheduling {
  readonly harness: Harness;
  readonly relay: JobRelayClient;
  freshId(): string;
  stop(): Promise<void>;
}

export async function startScheduling(): Promise<Scheduling> {
  const harness = await startHarness();
  const { relay } = harness;
  const made = new Set<string>();
  return {
    harness,
    relay,
    freshId() {
      const id = `test-${randomUUID()}`;
      made.add(id);
      return id;
    },
    async stop() {
      for (const id of made) {
        await relay.schedules.delete(id).catch((error: unknown) => {
          if (!(error instanceof ScheduleNotFound)) throw error;
        });
      }
      await harness.stop();
    },
  };
}

/** Never due while a test runs. */
export const NEVER = { cron: '30 3 1 1 *' } as const;
export const echo = { job: { endpoint: 'local/echo', input: { prompt: 'a red boat' } } } as const;
export const clock: ScheduleInput = {
  ...NEVER,
  pipeline: {
    definition: {
      version: 1,
      name: 'clock',
      steps: { at: { set: '{% $run.scheduledAt %}' } },
      output: '{% $steps.at.output %}',
    },
  },
};
