import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger, type LogEntry } from '@temporalio/worker';
import { afterEach, expect, test } from 'vitest';
import type { CompletedJob } from '../../../activities/contract.js';
import { createActivities } from '../../../activities/index.js';
import { loadConfig } from '../../../config/index.js';
import { type Emulator, startEmulator, TestClock } from '../../../emulator/index.js';
import type { JobApi, JobHandle } from '../../../job-api/index.js';
import { createDeps } from '../../../worker/deps.js';
import { until } from '../harness.js';

const MINUTE = 60_000;
const JOBS = 40;

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Jobs that ended at once, a second apart, and that nobody has read for some minutes. */
async function jobsUnreadFor(minutes: number) {
  const clock = new TestClock({ running: true, startAt: Date.now() - minutes * MINUTE - JOBS * 1_000 });
  const emulator = await startEmulator({ clock, limits: 'documented' });
  cleanups.push(() => emulator.close());
  const deps = createDeps(await loadConfig({ env: {}, emulatorUrl: emulator.url }), {}, async () => []);
  cleanups.push(() => deps.close());
  const reads: string[] = [];
  const api = deps.jobApi('local');
  const watched: JobApi = {
    ...api,
    status(endpointId, jobId, options) {
      reads.push(jobId);
      return api.status(endpointId, jobId, options);
    },
  };
  const activities = createActivities({ ...deps, jobApi: () => watched });
  const logged: LogEntry[] = [];

  const handles: JobHandle[] = [];
  for (let n = 0; n < JOBS; n++) {
    const submittedAt = new Date(clock.now()).toISOString();
    const { jobId } = await api.run('echo', { input: { n } });
    const identity = { provider: 'local', endpointId: 'echo', jobId };
    handles.push({ ...identity, submittedAt, ttlMs: 24 * 60 * MINUTE, retentionMs: 30 * MINUTE });
    await until('it has ended', () => endedAt(emulator, jobId));
    clock.advance(1_000);
  }
  clock.advance(minutes * MINUTE);
  return {
    ...{ emulator, handles, logged, reads },
    await: (handle: JobHandle): Promise<CompletedJob> => {
      const logger = new DefaultLogger('WARN', (entry) => logged.push(entry));
      const request = { handle, endpoint: 'local/echo', queueMs: MINUTE, runMs: MINUTE, inlineMaxBytes: 1_000 };
      return new MockActivityEnvironment({}, { logger }).run(activities.awaitJob, request);
    },
  };
}

const endedAt = (emulator: Emulator, jobId: string) => emulator.jobs().find(({ id }) => id === jobId)?.endedAt;

test.each([10, 29])(
  'after %i minutes every result is there, and read in the order in which they go',
  async (minutes) => {
    const { handles, reads, logged, ...jobs } = await jobsUnreadFor(minutes);
    // As the server hands them out: in no order.
    const results = await Promise.all(handles.map((_, n) => jobs.await(handles[(n * 7) % JOBS] as JobHandle)));
    expect(results.map(({ output }) => output)).toEqual(handles.map((_, n) => ({ n: (n * 7) % JOBS })));

    expect(reads).toEqual(handles.map(({ jobId }) => jobId));

    const wasLate = minutes > 15;
    expect(results.every(({ unreadMs }) => (unreadMs !== undefined) === wasLate)).toBe(true);
    expect(logged).toHaveLength(wasLate ? JOBS : 0);
    if (wasLate) expect(logged[0]?.message).toContain('its result may be gone soon');
  },
);

test('after 31 minutes they are lost, and the failure says when and why', async () => {
  const { handles, ...jobs } = await jobsUnreadFor(31);
  const [handle] = handles as [JobHandle];
  const failure = await jobs.await(handle).catch((error: unknown) => error);
  expect(failure).toBeInstanceOf(ApplicationFailure);
  const goneAt = new Date(Date.parse(handle.submittedAt) + 30 * MINUTE).toISOString();
  expect(failure).toMatchObject({
    type: 'JobLost',
    message: expect.stringMatching(
      `its result expired at ${goneAt} or later, 1800 s after its end; nobody had read it`,
    ),
    details: [{ ended: true, expired: true }],
  });
});
