import { Client, Connection } from '@temporalio/client';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, it, onTestFinished, vi } from 'vitest';
import { findUnsettled } from '../../../activities/findUnsettled.js';
import { ACTIVITY_OPTIONS } from '../../../workflows/activity-options.js';

it('what looks for runs tells that its worker lives, however long Temporal takes to answer', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  onTestFinished(() => void vi.useRealTimers());
  const client = new Client({ connection: Connection.lazy() });
  const environment = new MockActivityEnvironment({}, { client, logger: new DefaultLogger('ERROR') });
  const beats = vi.fn();
  environment.on('heartbeat', beats);

  const request = { taskQueue: 'jobs', done: [], maxRuns: 10, includeOpen: false };
  const finding = environment.run(() =>
    findUnsettled(request, {
      async searchAttributes() {
        vi.advanceTimersByTime(10_000);
        throw new Error('Temporal did not answer');
      },
    }),
  );
  await expect(finding).rejects.toThrow('Temporal did not answer');
  expect(beats.mock.calls.length).toBeGreaterThanOrEqual(3);
  expect(vi.getTimerCount()).toBe(0);
});

it.for(['cancelJob', 'findUnsettled', 'settleRun'] as const)(
  'where the worker of %s dies, another goes on with it within seconds: jobs that nobody wants run meanwhile',
  (type) => {
    expect(ACTIVITY_OPTIONS[type].heartbeatTimeout).toBe('10s');
  },
);
