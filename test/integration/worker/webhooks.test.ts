import { afterEach, describe, expect, inject, test } from 'vitest';
import type { JobResult, Run } from '../../../client/index.js';
import type { WebhooksConfig } from '../../../config/index.js';
import { type RunningWorker, startWorker } from '../../../worker/index.js';
import { WebhookTokens } from '../../../worker/webhooks/tokens.js';
import { createGates, heldEndpoint } from '../../chaos/gates.js';
import { freePort } from '../../fixtures/free-port.js';
import { type Harness, historyText, startHarness, until } from '../harness.js';
import { type FrontDoor, startFrontDoor } from './front-door.js';

const HOUR = 3_600_000;
const SECRET = 'the secret of these tests';

interface House extends Harness {
  readonly door: FrontDoor;
  readonly gates: ReturnType<typeof createGates>;
  /** One more worker, with a receiver of its own. */
  addWorker(): Promise<RunningWorker>;
  /** A job that ends when its gate is opened. */
  start(mark: string, more?: object): Promise<Run<JobResult>>;
}

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** With a backstop of an hour, nothing but a webhook ends the wait for a job that was not over at its first read. */
async function house(webhooks: Partial<WebhooksConfig> = {}): Promise<House> {
  const door = await startFrontDoor();
  cleanups.push(() => door.close());
  const gates = createGates();
  const harness = await startHarness({
    worker: false,
    endpoints: { held: heldEndpoint(gates) },
    configure: (config) => ({
      ...config,
      webhooks: {
        listen: { host: '127.0.0.1', port: 0 },
        publicUrl: door.url,
        secretEnv: 'HOOKS',
        backstopMs: HOUR,
        adoptMs: 20_000,
        ...webhooks,
      },
    }),
  });
  cleanups.push(() => harness.stop());
  return {
    ...harness,
    door,
    gates,
    async addWorker() {
      const worker = await startWorker({
        config: harness.config,
        env: { HOOKS: SECRET },
        temporal: inject('temporal'),
        taskQueue: harness.taskQueue,
        workflowBundle: inject('workflowBundle'),
        log: () => undefined,
      });
      cleanups.push(() => worker.shutdown());
      return worker;
    },
    start: (mark, more = {}) => harness.relay.start('job', { endpoint: 'local/held', input: { mark }, ...more }),
  };
}

/** Until a worker waits for the job and has read it once. */
async function untilAwaited(run: Run<unknown>): Promise<void> {
  await until('the job is awaited', async () => {
    const { pendingActivities } = await run.status();
    return pendingActivities.some(
      ({ type, state, heartbeat }) => type === 'awaitJob' && state === 'running' && heartbeat,
    );
  });
}

async function eventsOf({ temporal }: Harness, { workflowId }: Run<unknown>, type: string): Promise<number> {
  const { events } = await temporal.workflow.getHandle(workflowId).fetchHistory();
  return (events ?? []).filter((event) => event[type as keyof typeof event]).length;
}

const SIGNALLED = 'workflowExecutionSignaledEventAttributes';

describe('a webhook', () => {
  test('wakes a job that its process waits for, without a word to the run', async () => {
    const home = await house();
    home.door.leadTo((await home.addWorker()).webhooks);
    const run = await home.start('one');
    await untilAwaited(run);
    home.gates.open('one');
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', attempts: [{ outcome: 'COMPLETED' }] });
    await expect.poll(() => home.door.answers).toEqual([200]);
    expect(await eventsOf(home, run, SIGNALLED)).toBe(0);
  });

  test('stands with nothing of its address in the history of the run', async () => {
    const home = await house();
    home.door.leadTo((await home.addWorker()).webhooks);
    const run = await home.start('one');
    home.gates.open('one');
    await run.result();
    await until('the webhook came', () => home.door.paths.length === 1);
    const token = home.door.paths[0]?.split('/').at(-1) ?? '';
    expect(token.length).toBeGreaterThan(43);
    const history = await historyText(home.temporal, run.workflowId);
    for (const part of [...token.split('.'), home.door.url, SECRET]) expect(history).not.toContain(part);
  });

  test('that comes to another process wakes the job through the run', async () => {
    const home = await house();
    await home.addWorker();
    const run = await home.start('one');
    await untilAwaited(run);
    home.door.leadTo((await home.addWorker()).webhooks);
    home.gates.open('one');
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', usage: { jobs: 1 } });
    expect(await eventsOf(home, run, SIGNALLED)).toBe(1);
    expect(home.emulator.jobs()).toHaveLength(1);
  });

  test('that comes before the answer of its submit is not lost', async () => {
    const home = await house();
    home.door.leadTo((await home.addWorker()).webhooks);
    home.emulator.setFaults([{ kind: 'delay-answer', operation: 'run', delayMs: 1_000 }]);
    home.gates.open('one');
    const run = await home.start('one');
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', usage: { jobs: 1 } });
    await expect.poll(() => home.door.answers).toEqual([200]);
  });

  test('that never comes is made up for by the backstop', async () => {
    const home = await house({ backstopMs: 1_000 });
    await home.addWorker();
    home.emulator.setFaults([{ kind: 'webhook-never', operation: 'run' }]);
    const run = await home.start('one');
    await untilAwaited(run);
    home.gates.open('one');
    expect(await run.result()).toMatchObject({ status: 'COMPLETED' });
    expect(home.door.paths).toEqual([]);
  });

  test('that comes again, and out of order, and when all is over, changes nothing', async () => {
    const home = await house();
    await home.addWorker();
    const [one, two] = [await home.start('one'), await home.start('two')];
    await untilAwaited(one);
    await untilAwaited(two);
    home.door.leadTo((await home.addWorker()).webhooks);
    home.emulator.setFaults([{ kind: 'webhook-twice' }]);
    home.gates.open('two');
    await two.result();
    expect(await home.door.repeat()).toEqual(expect.arrayContaining([200]));
    home.gates.open('one');
    expect(await one.result()).toMatchObject({ output: { mark: 'one' }, usage: { jobs: 1 } });
    const answers = await home.door.repeat();
    expect(new Set(answers)).toEqual(new Set([200]));
    expect(await eventsOf(home, one, SIGNALLED)).toBe(1);
    expect(home.emulator.jobs()).toHaveLength(2);
  });
});

test('a storm of webhooks for a job that runs on writes no long history', async () => {
  const home = await house({ backstopMs: 2_000 });
  await home.addWorker();
  const run = await home.start('one');
  await untilAwaited(run);
  const { webhooks = '' } = await home.addWorker();
  const { runId } = await home.temporal.workflow.getHandle(run.workflowId).describe();
  const key = { workflowId: run.workflowId, runId, submit: 'job/submit-1' };
  const token = new WebhookTokens(SECRET, inject('temporal').namespace).sign(key);
  const send = async () => (await fetch(`${webhooks}/${token}`, { method: 'POST', body: '{"id":"of no job"}' })).status;
  const statuses = await Promise.all(Array.from({ length: 50 }, send));
  expect(new Set([...statuses, await send()])).toEqual(new Set([200]));
  home.gates.open('one');
  expect(await run.result()).toMatchObject({ output: { mark: 'one' }, usage: { jobs: 1 } });
  expect(await eventsOf(home, run, SIGNALLED)).toBeLessThanOrEqual(3);
  // One submit, the wait, and the wait anew.
  expect(await eventsOf(home, run, 'activityTaskScheduledEventAttributes')).toBeLessThanOrEqual(5);
});

test('the jobs of a pipeline are woken through their run, each by its own webhook', async () => {
  const home = await house();
  await home.addWorker();
  const marks = ['one', 'two', 'three'];
  const draw = { forEach: marks, endpoint: 'local/held', input: { mark: '{% $item %}' } };
  const definition = { version: 1, steps: { draw }, output: '{% $steps.draw.output.mark %}' };
  const run = await home.relay.start('pipeline', { definition } as never);
  await until('all are awaited', async () => {
    const { pendingActivities } = await run.status();
    return pendingActivities.filter(({ type, heartbeat }) => type === 'awaitJob' && heartbeat).length === 3;
  });
  home.door.leadTo((await home.addWorker()).webhooks);
  for (const mark of marks) home.gates.open(mark);
  expect(await run.result()).toMatchObject({ output: marks, usage: { jobs: 3 } });
  expect(await eventsOf(home, run, SIGNALLED)).toBe(3);
});

describe('a submit whose answer was lost', () => {
  const LOST = { kind: 'lose-answer', operation: 'run', nth: 1 } as const;

  test.each(['resubmit', 'fail'] as const)(
    'is settled by the webhook that names its job, where it is to %s else',
    async (onAmbiguousSubmit) => {
      const home = await house();
      home.door.leadTo((await home.addWorker()).webhooks);
      home.emulator.setFaults([LOST]);
      const run = await home.start('one', { onAmbiguousSubmit });
      await until('the provider has taken the job', () => home.emulator.jobs().length === 1);
      home.gates.open('one');
      const result = await run.result();
      const [job] = home.emulator.jobs();
      expect(result).toMatchObject({
        status: 'COMPLETED',
        jobId: job?.id,
        output: { mark: 'one' },
        attempts: [{ outcome: 'COMPLETED', jobId: job?.id }],
        usage: { jobs: 1 },
        suspectedDuplicates: 0,
      });
      expect(home.emulator.jobs()).toHaveLength(1);
    },
  );

  test('is submitted once more, and counted, where no webhook names its job in time', async () => {
    const home = await house({ adoptMs: 300, backstopMs: 500 });
    await home.addWorker();
    home.emulator.setFaults([LOST]);
    home.gates.open('one');
    const run = await home.start('one');
    expect(await run.result()).toMatchObject({
      attempts: [{ outcome: 'SubmitAmbiguous' }, { outcome: 'COMPLETED' }],
      usage: { jobs: 1 },
      suspectedDuplicates: 1,
    });
    expect(home.emulator.jobs()).toHaveLength(2);
  });

  test('is no longer suspected but known where its webhook comes after that: settled, named, and in the usage', async () => {
    const home = await house({ adoptMs: 300 });
    home.door.leadTo((await home.addWorker()).webhooks);
    home.emulator.setFaults([LOST]);
    const run = await home.start('one');
    await until('the second job is under way', () => home.emulator.jobs().length === 2);
    await untilAwaited(run);
    const [first, second] = home.emulator.jobs().map(({ id }) => id);
    // The late one is cancelled from outside; its webhook says that it ended.
    await fetch(`${home.emulator.url}/v2/held/cancel/${first}`, { method: 'POST', headers: { authorization: 'any' } });
    await until('the run was told', async () => (await eventsOf(home, run, SIGNALLED)) === 1);
    home.gates.open('one');
    const { usage, suspectedDuplicates, attempts } = await run.result();
    expect(attempts).toMatchObject([
      { outcome: 'SubmitAmbiguous', jobId: first, settled: 'stopped' },
      { outcome: 'COMPLETED', jobId: second },
    ]);
    expect({ jobs: usage.jobs, suspectedDuplicates }).toEqual({ jobs: 2, suspectedDuplicates: 0 });
  });

  test('is counted where the run is cancelled while it waits for the webhook', async () => {
    const home = await house();
    home.door.leadTo((await home.addWorker()).webhooks);
    home.emulator.setFaults([LOST]);
    const run = await home.start('one');
    await until(
      'the run waits for the webhook',
      async () => (await eventsOf(home, run, 'timerStartedEventAttributes')) === 1,
    );
    await run.cancel();
    const cancelled = await run.result().catch((error: unknown) => error);
    expect(cancelled).toMatchObject({ settlement: { suspectedDuplicates: 1 } });
  });
});

test('a worker without the secret does not start, and says what to do', async () => {
  const { config } = await house();
  const starting = startWorker({ config, env: { HOOKS: 'short' }, temporal: inject('temporal') });
  await expect(starting).rejects.toThrow(
    'webhooks.secret: the environment variable HOOKS has fewer than 16 characters where the worker runs; make one with "openssl rand -hex 32"',
  );
});

test('a worker whose address is taken does not start, and says what to do', async () => {
  const home = await house();
  const starting = startWorker({ ...withListen(home, new URL(home.door.url).port), temporal: inject('temporal') });
  await expect(starting).rejects.toThrow(
    /cannot listen on 127\.0\.0\.1:\d+, which is in use; .* JOBRELAY_WEBHOOKS_LISTEN/,
  );
});

test('of the workers of one process with one address one listens, also where they start at once', async () => {
  const home = await house();
  const port = await freePort();
  const start = () =>
    startWorker({
      ...withListen(home, String(port)),
      temporal: inject('temporal'),
      taskQueue: home.taskQueue,
      workflowBundle: inject('workflowBundle'),
      log: () => undefined,
    });
  const workers = await Promise.all([start(), start()]);
  cleanups.push(() => Promise.all(workers.map((worker) => worker.shutdown())));
  const late = await start();
  cleanups.push(() => late.shutdown());
  expect([...workers, late].map(({ webhooks }) => webhooks).filter(Boolean)).toEqual([`http://127.0.0.1:${port}`]);
});

function withListen({ config }: Harness, port: string) {
  const webhooks = { ...(config.webhooks as WebhooksConfig), listen: { host: '127.0.0.1', port: Number(port) } };
  return { config: { ...config, webhooks }, env: { HOOKS: SECRET } };
}
