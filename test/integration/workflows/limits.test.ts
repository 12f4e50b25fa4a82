import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunCancelled } from '../../../client/index.js';
import { type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({
    configure: (config) => ({
      ...config,
      endpoints: {
        slow: {
          alias: 'slow',
          use: [{ endpoint: 'slow', provider: 'local', endpointId: 'echo' }],
          limits: { budgets: { submit: { requests: 2, windowMs: 1_000 } } },
        },
        hardToStop: {
          alias: 'hardToStop',
          use: [{ endpoint: 'hardToStop', provider: 'local', endpointId: 'sleep' }],
          limits: { budgets: { cancel: { requests: 1, windowMs: 1_000 } } },
        },
      },
    }),
  });
});
afterAll(() => harness.stop());

const acceptedAt = (endpoint: string) =>
  harness.emulator
    .jobs()
    .filter((job) => job.endpoint === endpoint)
    .map((job) => Date.parse(job.acceptedAt));

describe('a worker that keeps to limits', () => {
  it('submits at the pace of the limit, and no wait for a turn looks like a submit whose fate is open', async () => {
    const runs = await Promise.all(
      Array.from({ length: 6 }, (_, n) => harness.relay.start('job', { endpoint: 'slow', input: { n } })),
    );
    for (const run of runs) {
      const { attempts, suspectedDuplicates } = await run.result();
      expect({ attempts: attempts.length, suspectedDuplicates }).toEqual({ attempts: 1, suspectedDuplicates: 0 });
    }
    const times = acceptedAt('echo');
    expect(times).toHaveLength(6);
    times.forEach((at, n) => {
      const twoLater = times[n + 2];
      if (twoLater !== undefined) expect(twoLater - at).toBeGreaterThanOrEqual(1_000);
    });
  });

  it('stops every job of a mass cancel, however long the last one waits for its turn', async () => {
    const runs = await Promise.all(
      Array.from({ length: 5 }, (_, n) =>
        harness.relay.start('job', { endpoint: 'hardToStop', input: { ms: 600_000, n } }),
      ),
    );
    await until('all were submitted', () => acceptedAt('sleep').length === 5);
    await Promise.all(runs.map((run) => run.cancel()));
    for (const run of runs) {
      const error = await run.result().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(RunCancelled);
      expect((error as RunCancelled).settlement?.jobs.map(({ settled }) => settled)).toEqual(['stopped']);
    }
  });
});
