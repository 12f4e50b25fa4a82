import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { expect, onTestFinished, test } from 'vitest';
import { createActivities } from '../../../activities/index.js';
import { loadConfig } from '../../../config/index.js';
import { createDeps } from '../../../worker/deps.js';

const AWAY = 'http://127.0.0.1:9';

test.each([
  { key: undefined, patienceMs: 30_000, waitedMs: 31_000, end: { type: 'Unauthorized', nonRetryable: true } },
  { key: 'no key at all', patienceMs: 30_000, waitedMs: 31_000, end: { type: 'Unauthorized', nonRetryable: true } },
  { key: undefined, patienceMs: 30_000, waitedMs: 5_000, end: { name: 'ApiKeyMissing' } },
  // There is nowhere else: it waits for a worker that has the key.
  { key: undefined, patienceMs: undefined, waitedMs: 600_000, end: { name: 'ApiKeyMissing' } },
])('with the key $key and patience of $patienceMs ms, after $waitedMs ms', async (given) => {
  const { local, ...none } = (await loadConfig({ env: {}, emulatorUrl: AWAY })).providers;
  if (local === undefined) throw new Error('no provider');
  const config = {
    ...(await loadConfig({ env: {}, emulatorUrl: AWAY })),
    providers: { ...none, local: { ...local, apiKeyEnv: 'THE_KEY' } },
  };
  const deps = createDeps(config, given.key === undefined ? {} : { THE_KEY: given.key }, async () => []);
  onTestFinished(() => deps.close());
  const scheduledTimestampMs = Date.now() - given.waitedMs;
  const environment = new MockActivityEnvironment({ scheduledTimestampMs }, { logger: new DefaultLogger('ERROR') });
  const failure = await environment
    .run(createActivities(deps).submitJob, {
      target: { endpoint: 'local/echo', provider: 'local', endpointId: 'echo' },
      ...{ input: {}, executionTimeoutMs: 60_000, ttlMs: 60_000 },
      ...(given.patienceMs !== undefined && { patienceMs: given.patienceMs }),
    })
    .catch((error: unknown) => error);
  expect(failure).toMatchObject(given.end);
});
