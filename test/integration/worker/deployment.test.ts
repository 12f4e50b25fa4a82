import { randomUUID } from 'node:crypto';
import { beforeEach, describe, expect, inject, it, onTestFinished } from 'vitest';
import type { Run } from '../../../client/index.js';
import { type RunningWorker, startWorker, type Versioning } from '../../../worker/index.js';
import { untilAwaited } from '../../chaos/fleet.js';
import { createGates, type Gates, heldEndpoint } from '../../chaos/gates.js';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { startCli } from '../cli/cli-process.js';
import { type Harness, startHarness, until } from '../harness.js';

const namespace = 'default';
let harness: Harness;
let gates: Gates;
let name: string;
// A task queue for each test: what is current on it stays so when its workers are gone.
beforeEach(async ({ onTestFinished }) => {
  name = `studio-${randomUUID()}`;
  gates = createGates();
  harness = await startHarness({ worker: false, endpoints: { held: heldEndpoint(gates) } });
  onTestFinished(() => harness.stop());
});

async function startRelease(buildId?: string, versioning?: Versioning): Promise<RunningWorker> {
  const worker = await startWorker({
    config: harness.config,
    env: {},
    temporal: inject('temporal'),
    taskQueue: harness.taskQueue,
    workflowBundle: inject('workflowBundle'),
    ...(buildId !== undefined && { deployment: { name, buildId, ...(versioning && { versioning }) } }),
    log: () => undefined,
  });
  onTestFinished(() => worker.shutdown());
  return worker;
}

/** `temporal.api.enums.v1.RoutingConfigUpdateState`: all parts of the queues know. */
const ROUTED = 2;

/** As `temporal worker deployment set-current-version` does. The server hears of a release when its workers poll. */
async function makeCurrent(buildId: string): Promise<void> {
  const { workflowService } = harness.temporal;
  await until(`release ${buildId} is current`, () =>
    workflowService
      .setWorkerDeploymentCurrentVersion({ namespace, deploymentName: name, buildId, identity: 'test' })
      .then(
        () => true,
        () => false,
      ),
  );
  await until('new runs go there', async () => {
    const answer = await workflowService.describeWorkerDeployment({ namespace, deploymentName: name });
    return answer.workerDeploymentInfo?.routingConfigUpdateState === ROUTED;
  });
}

async function startHeld(mark: string): Promise<Run<unknown>> {
  const run = await harness.relay.start('job', { endpoint: 'local/held', input: { mark } });
  await untilAwaited(run);
  return run;
}

/** The releases that ran the workflow of a run, in their order. */
async function releasesOf({ workflowId }: Run<unknown>): Promise<string[]> {
  const { events } = await harness.temporal.workflow.getHandle(workflowId).fetchHistory();
  const builds = (events ?? []).flatMap(
    ({ workflowTaskCompletedEventAttributes: task }) => task?.deploymentVersion?.buildId ?? [],
  );
  return builds.filter((build, at) => build !== builds[at - 1]);
}

describe('two releases of a deployment', () => {
  it('a pinned run ends on the release that it began on, beside new runs on the new one', async () => {
    await startRelease('one');
    await makeCurrent('one');
    const old = await startHeld('old');
    await startRelease('two');
    await makeCurrent('two');
    const fresh = await startHeld('fresh');
    gates.open('old');
    gates.open('fresh');
    expect(await Promise.all([old.result(), fresh.result()])).toMatchObject([
      { status: 'COMPLETED', suspectedDuplicates: 0 },
      { status: 'COMPLETED', suspectedDuplicates: 0 },
    ]);
    expect(await releasesOf(old)).toEqual(['one']);
    expect(await releasesOf(fresh)).toEqual(['two']);
  });

  it('with auto-upgrade a run goes on with the release that is current', async () => {
    const first = await startRelease('one', 'auto-upgrade');
    await makeCurrent('one');
    const run = await startHeld('upgraded');
    await startRelease('two', 'auto-upgrade');
    await makeCurrent('two');
    // What waits for the job is left for the next worker.
    await first.shutdown();
    gates.open('upgraded');
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', suspectedDuplicates: 0 });
    expect(await releasesOf(run)).toEqual(['one', 'two']);
  });
});

it('a run that began without a release goes on with the first that is current', async () => {
  const before = await startRelease();
  const run = await startHeld('before');
  await startRelease('one');
  await makeCurrent('one');
  await before.shutdown();
  gates.open('before');
  expect(await run.result()).toMatchObject({ status: 'COMPLETED', suspectedDuplicates: 0 });
  expect(await releasesOf(run)).toEqual(['one']);
});

describe('jobrelay worker', () => {
  it('says of which release it is, and how that becomes current', async () => {
    const { stateDir: cwd, emulator, taskQueue } = harness;
    const { address } = inject('temporal');
    const args = ['worker', '--address', address, '--task-queue', taskQueue];
    const env = { JOBRELAY_EMULATOR_URL: emulator.url, TEMPORAL_DEPLOYMENT_NAME: name };
    const worker = startCli([...args, '--build-id', 'one'], { cwd, env });
    onTestFinished(async () => {
      worker.child.kill('SIGTERM');
      await worker.exited;
    });
    await worker.says(
      new RegExp(`no new runs until it is current: temporal worker .* --deployment-name ${name} --build-id one`),
    );
    expect(worker.stdout()).toContain(`Release one of ${name}`);
    await makeCurrent('one');
  });

  it('refuses half of a release', async () => {
    const { exitCode, stderr } = await jobrelay(['worker', '--build-id', 'one'], { cwd: harness.stateDir });
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining('--build-id needs --deployment (or TEMPORAL_DEPLOYMENT_NAME)'),
    });
  });
});
