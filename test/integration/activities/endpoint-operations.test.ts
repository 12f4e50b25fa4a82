import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type BoundActivities, createActivities } from '../../../activities/index.js';
import { loadConfig } from '../../../config/index.js';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import { createDeps, type WorkerDeps } from '../../../worker/index.js';
import { until } from '../harness.js';

/** Aliases whose entries want, and give, another shape than their callers. */
const ALIASES = `version: 1
endpoints:
  speech:
    use: { id: local/echo, input: { said: "{% $input.text %}" }, output: "{% { 'heard': $output.said } %}" }
  odd:
    use: { id: local/echo, output: "{% $number($output.text) %}" }
`;

let emulator: Emulator;
let deps: WorkerDeps;
let activities: BoundActivities;
let stateDir: string;

beforeAll(async () => {
  stateDir = await mkdtemp(join(tmpdir(), 'jobrelay-test-'));
  emulator = await startEmulator();
  await writeFile(join(stateDir, 'jobrelay.yaml'), ALIASES);
  const config = await loadConfig({ env: {}, cwd: stateDir, stateDir, emulatorUrl: emulator.url });
  deps = createDeps(config, {}, async () => []);
  activities = createActivities(deps);
});
afterAll(async () => {
  await deps.close();
  await emulator.close();
  await rm(stateDir, { recursive: true, force: true });
});
beforeEach(() => emulator.clearFaults());

const local = (endpointId: string) => ({ endpoint: `local/${endpointId}`, provider: 'local', endpointId });
const quiet = { logger: new DefaultLogger('ERROR') };
const inActivity = <T>(body: () => Promise<T>): Promise<T> =>
  new MockActivityEnvironment({}, quiet).run(body) as Promise<T>;

/** Submits without an activity, which needs a server for its heartbeats. */
async function submit(endpointId: string, input: object) {
  const { jobId } = await deps.jobApi('local').run(endpointId, { input: input as never });
  return { provider: 'local', endpointId, jobId, submittedAt: new Date().toISOString(), ttlMs: 60_000 };
}
const ended = (jobId: string) =>
  until('the job has ended', () => emulator.jobs().find(({ id, endedAt }) => id === jobId && endedAt !== null));

describe('getJobStatus', () => {
  it('tells what the provider tells', async () => {
    const handle = await submit('echo', { a: 1 });
    await ended(handle.jobId);
    const { job } = await inActivity(() => activities.getJobStatus({ handle }));
    expect(job).toMatchObject({ jobId: handle.jobId, status: 'COMPLETED', output: { a: 1 } });
  });

  it('fails for good where there is no such job', async () => {
    const handle = { provider: 'local', endpointId: 'echo', jobId: 'nope' };
    await expect(inActivity(() => activities.getJobStatus({ handle }))).rejects.toMatchObject({
      type: 'JobNotFound',
      nonRetryable: true,
    });
  });

  it('is worth a retry where the provider is busy, no sooner than it asks', async () => {
    // An endpoint of its own: nothing is asked of it for those 7 s.
    const handle = await submit('busy', { a: 1 });
    emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 429, retryAfterSeconds: 7, times: 1 }]);
    await expect(inActivity(() => activities.getJobStatus({ handle }))).rejects.toMatchObject({
      type: 'RateLimited',
      nonRetryable: false,
      nextRetryDelay: 7_000,
    });
  });
});

describe('getEndpointHealth', () => {
  it('counts jobs and workers', async () => {
    const health = await inActivity(() => activities.getEndpointHealth({ provider: 'local', endpointId: 'echo' }));
    expect(health.workers.idle).toBeGreaterThan(0);
    expect(health.jobs.completed).toBeGreaterThan(0);
  });

  it('says which providers there are where one is unknown', async () => {
    const asked = inActivity(() => activities.getEndpointHealth({ provider: 'nowhere', endpointId: 'x' }));
    await expect(asked).rejects.toMatchObject({
      type: 'InvalidRequest',
      message: expect.stringContaining('known: local'),
    });
  });
});

describe('purgeQueue', () => {
  it('removes what waits', async () => {
    const waiting = await submit('idle', { a: 1 });
    expect(await inActivity(() => activities.purgeQueue({ provider: 'local', endpointId: 'idle' }))).toEqual({
      removed: 1,
    });
    await ended(waiting.jobId);
  });
});

describe('retryJob', () => {
  it('puts a failed job back under its id', async () => {
    const handle = await submit('fail', { message: 'again' });
    await ended(handle.jobId);
    const { job } = await inActivity(() => activities.retryJob({ handle }));
    expect(job).toMatchObject({ jobId: handle.jobId, status: 'IN_QUEUE' });
  });

  it('refuses a job that has completed', async () => {
    const handle = await submit('echo', { a: 1 });
    await ended(handle.jobId);
    await expect(inActivity(() => activities.retryJob({ handle }))).rejects.toMatchObject({ type: 'InvalidRequest' });
  });
});

describe('runJobSync', () => {
  const request = { target: local('sleep'), executionTimeoutMs: 60_000, ttlMs: 60_000, inlineMaxBytes: 65_536 };

  it('returns the finished job', async () => {
    const { job } = await inActivity(() => activities.runJobSync({ ...request, input: { ms: 50 } }));
    expect(job).toMatchObject({ status: 'COMPLETED', output: { ms: 50 } });
  });

  it('returns an unfinished job when the wait is over', async () => {
    const { job } = await inActivity(() => activities.runJobSync({ ...request, input: { ms: 5_000 }, waitMs: 1_000 }));
    expect(job).toMatchObject({ status: 'IN_PROGRESS' });
  });

  it('maps the input and the output as the alias says', async () => {
    const target = { ...local('echo'), endpoint: 'speech' };
    const { job } = await inActivity(() => activities.runJobSync({ ...request, target, input: { text: 'ahoy' } }));
    expect(job.output).toEqual({ heard: 'ahoy' });
    expect(emulator.jobs().find(({ id }) => id === job.jobId)?.input).toEqual({ said: 'ahoy' });
  });

  it('rejects an output that does not go through the mapping, and names its job', async () => {
    const target = { ...local('echo'), endpoint: 'odd' };
    const asked = inActivity(() => activities.runJobSync({ ...request, target, input: { text: 'ahoy' } }));
    await expect(asked).rejects.toMatchObject({
      type: 'OutputRejected',
      nonRetryable: true,
      message: expect.stringMatching(/^job sync-\S+ completed, but the mapping of the output of "odd" for local\/echo/),
    });
  });

  it('calls a lost answer ambiguous', async () => {
    emulator.setFaults([{ kind: 'lose-answer', operation: 'runsync', times: 1 }]);
    const asked = inActivity(() => activities.runJobSync({ ...request, input: { ms: 1 } }));
    await expect(asked).rejects.toMatchObject({ type: 'SubmitAmbiguous', nonRetryable: true });
  });
});
