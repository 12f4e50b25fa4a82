import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ActivityDeps } from '../../../activities/deps.js';
import { createActivities } from '../../../activities/index.js';
import { loadConfig } from '../../../config/index.js';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import { createDeps } from '../../../worker/deps.js';

const MINUTE = 60_000;

let emulator: Emulator;
let deps: ActivityDeps & { close(): Promise<void> };

beforeAll(async () => {
  emulator = await startEmulator();
  deps = createDeps(await loadConfig({ env: {}, emulatorUrl: emulator.url }), {}, async () => []);
});
afterAll(async () => {
  await deps.close();
  await emulator.close();
});

const ago = (minutes: number) => new Date(Date.now() - minutes * MINUTE).toISOString();

/** The page of a proxy in the place of the twentieth answer in a row. */
test.each([
  { submitted: 1, alive: undefined, givenUp: false },
  { submitted: 60, alive: 1, givenUp: false },
  { submitted: 6, alive: undefined, givenUp: true },
  { submitted: 60, alive: 6, givenUp: true },
])('of a job submitted $submitted min ago, last heard of $alive min ago, gives it up: $givenUp', async (job) => {
  const { jobId } = await deps.jobApi('local').run('echo', { input: 1 });
  emulator.setFaults([{ kind: 'status', operation: 'status', httpStatus: 200, html: true }]);
  const handle = { provider: 'local', endpointId: 'echo', jobId, submittedAt: ago(job.submitted), ttlMs: 120 * MINUTE };
  const aliveAt = job.alive === undefined ? {} : { aliveAt: ago(job.alive), runningSince: ago(job.alive) };
  const info = { heartbeatDetails: { unreadable: 19, ...aliveAt } };
  const environment = new MockActivityEnvironment(info, { logger: new DefaultLogger('ERROR') });
  const request = { handle, endpoint: 'local/echo', queueMs: 90 * MINUTE, runMs: 90 * MINUTE, inlineMaxBytes: 1_000 };
  const failure = await environment.run(createActivities(deps).awaitJob, request).catch((error: unknown) => error);
  expect(failure).toMatchObject({ type: 'ProtocolError', nonRetryable: job.givenUp });
  emulator.clearFaults();
});

test.each([
  {
    fault: { kind: 'status', httpStatus: 404, body: { error: 'job not found' }, times: 1 },
    end: { output: { ms: 1 } },
  },
  { fault: { kind: 'drop-job', times: 1 }, end: { type: 'JobLost', nonRetryable: true } },
] as const)('a job that is said not to be there ($fault.kind) ends with $end', async ({ fault, end }) => {
  const { jobId } = await deps.jobApi('local').run('sleep', { input: { ms: 1 } });
  emulator.setFaults([{ ...fault, operation: 'status' }]);
  const handle = { provider: 'local', endpointId: 'sleep', jobId, submittedAt: ago(2), ttlMs: 120 * MINUTE };
  const request = { handle, endpoint: 'local/sleep', queueMs: 90 * MINUTE, runMs: 90 * MINUTE, inlineMaxBytes: 1_000 };
  const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
  const result = await environment.run(createActivities(deps).awaitJob, request).catch((error: unknown) => error);
  expect(result).toMatchObject(end);
  emulator.clearFaults();
});
