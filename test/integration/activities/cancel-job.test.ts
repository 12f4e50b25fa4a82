import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { CancelJobResult } from '../../../activities/contract.js';
import { createActivities } from '../../../activities/index.js';
import type { StoreDriver } from '../../../artifacts/index.js';
import { loadConfig } from '../../../config/index.js';
import { type Emulator, startEmulator } from '../../../emulator/index.js';
import type { JobHandle } from '../../../job-api/index.js';
import { createDeps, type WorkerDeps } from '../../../worker/deps.js';
import { until } from '../harness.js';

let emulator: Emulator;
let deps: WorkerDeps;
beforeAll(async () => {
  emulator = await startEmulator();
  deps = createDeps(await loadConfig({ env: {}, emulatorUrl: emulator.url }), {}, async () => []);
});
afterAll(async () => {
  await deps.close();
  await emulator.close();
});
beforeEach(() => emulator.clearFaults());

async function submit(endpointId: string, input: object): Promise<JobHandle> {
  const { jobId } = await deps.jobApi('local').run(endpointId, { input: input as never });
  return { provider: 'local', endpointId, jobId, submittedAt: new Date().toISOString(), ttlMs: 600_000 };
}

const statusOf = ({ jobId }: JobHandle) => emulator.jobs().find(({ id }) => id === jobId)?.status;

/** The attempts of one cancel, each with what the last told. */
function cancelling(handle: JobHandle, store: StoreDriver = deps.store) {
  const { cancelJob } = createActivities({ ...deps, store });
  const request = { handle, endpoint: 'local/any', inlineMaxBytes: 10, budgetMs: 30_000 };
  const scheduledTimestampMs = Date.now();
  const lines: string[] = [];
  const logger = new DefaultLogger('INFO', ({ message }) => lines.push(message));
  let heartbeatDetails: unknown;
  let attempt = 0;
  return {
    lines,
    async attempt(): Promise<CancelJobResult> {
      attempt += 1;
      const environment = new MockActivityEnvironment({ attempt, scheduledTimestampMs, heartbeatDetails }, { logger });
      environment.on('heartbeat', (details: unknown) => {
        heartbeatDetails = details;
      });
      return (await environment.run(cancelJob, request)) as CancelJobResult;
    },
  };
}

test('comes back where the provider names a time after the budget, and stops the job then', async () => {
  const handle = await submit('sleep', { ms: 600_000 });
  emulator.setFaults([
    { kind: 'status', operation: 'status', httpStatus: 503, retryAfterSeconds: 60, times: 1 },
    { kind: 'status', operation: 'cancel', httpStatus: 503, retryAfterSeconds: 60, times: 1 },
  ]);
  const cancel = cancelling(handle);
  for (let refused = 0; refused < 2; refused++) {
    const failure = await cancel.attempt().catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ApplicationFailure);
    expect(failure).toMatchObject({ type: 'JobPending', nonRetryable: false, nextRetryDelay: 60_000 });
    expect(statusOf(handle)).toBe('IN_PROGRESS');
  }
  expect(await cancel.attempt()).toMatchObject({ outcome: 'stopped' });
  expect(statusOf(handle)).toBe('CANCELLED');
});

test('tells of a job once, however often its result could not be kept', async () => {
  const handle = await submit('echo', { text: 'longer than what stays inline' });
  await until('it has ended', () => statusOf(handle) === 'COMPLETED');
  let failures = 2;
  const cancel = cancelling(handle, {
    ...deps.store,
    put: async (...args: Parameters<StoreDriver['put']>) => {
      if (failures-- > 0) throw new Error('the store is away');
      return await deps.store.put(...args);
    },
  });
  await expect(cancel.attempt()).rejects.toThrow('the store is away');
  await expect(cancel.attempt()).rejects.toThrow('the store is away');
  expect(await cancel.attempt()).toMatchObject({ outcome: 'finished-first', completed: {} });
  expect(cancel.lines.filter((line) => line === 'settled a job')).toHaveLength(1);
});
