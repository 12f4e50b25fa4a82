import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { expect, inject, it, onTestFinished } from 'vitest';
import { connect, jobRelayPlugin, temporalTarget } from '../../../worker/index.js';
import { installRuntime } from '../../../worker/runtime.js';
import { JOB_ENDED_SIGNAL } from '../../../workflows/contract.js';
import { createGates, heldEndpoint } from '../../chaos/gates.js';
import { startHarness, until } from '../harness.js';

const quiet = new DefaultLogger('ERROR');
installRuntime(() => undefined);

it('a job of somebody’s own workflow is woken by the signal of the receiver', async () => {
  const gates = createGates();
  const harness = await startHarness({ worker: false, endpoints: { held: heldEndpoint(gates) } });
  onTestFinished(() => harness.stop());
  const webhooks = {
    listen: 'off',
    publicUrl: 'http://127.0.0.1:9',
    secretEnv: 'HOOKS',
    backstopMs: 3_600_000,
    adoptMs: 1_000,
  } as const;
  const { address, namespace } = inject('temporal');
  const connection = await connect(temporalTarget({ address, namespace, environment: 'ignored' }));
  onTestFinished(() => connection.close());
  const workflowsPath = fileURLToPath(new URL('../../fixtures/own-workflows.ts', import.meta.url));
  const { taskQueue } = harness;
  const worker = await Worker.create({
    ...{ connection, namespace, taskQueue },
    workflowBundle: await bundleWorkflowCode({ workflowsPath, logger: quiet }),
    plugins: [
      jobRelayPlugin({
        config: { ...harness.config, webhooks },
        env: { HOOKS: 'the secret of this test' },
        log: () => undefined,
      }),
    ],
  });
  const running = worker.run();
  onTestFinished(async () => {
    worker.shutdown();
    await running;
  });

  const args = [{ endpoint: 'local/held', input: { mark: 'one' } }];
  const run = await harness.temporal.workflow.start('one', { workflowId: `one-${randomUUID()}`, taskQueue, args });
  await until('the job is awaited', async () => {
    const { pendingActivities = [] } = (await run.describe()).raw;
    return pendingActivities?.some(({ activityType, heartbeatDetails }) => {
      return activityType?.name === 'awaitJob' && heartbeatDetails;
    });
  });
  gates.open('one');
  await until('the job has ended', () => harness.emulator.jobs()[0]?.endedAt);
  // By somebody else, and in vain.
  await run.signal(JOB_ENDED_SIGNAL);
  await run.signal(JOB_ENDED_SIGNAL, null);
  // For a submit that is not its own first, which wakes nobody.
  await run.signal(JOB_ENDED_SIGNAL, { submit: 'job-9/submit-1', jobId: 'x' });
  await run.signal(JOB_ENDED_SIGNAL, { submit: 'job-1/submit-1' });
  expect(await run.result()).toMatchObject({ status: 'COMPLETED', output: { mark: 'one' } });
});
