import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { WorkflowFailedError, type WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure, CancelledFailure } from '@temporalio/common';
import { bundleWorkflowCode, DefaultLogger, NativeConnection, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { LedgerEntry } from '../../../emulator/index.js';
import { jobRelayPlugin } from '../../../worker/index.js';
import { installRuntime } from '../../../worker/runtime.js';
import type { JobInput, JobResult, MapJobsOptions, MappedJob, StepFailedDetails } from '../../../workflows/index.js';
import type * as workflows from '../../fixtures/own-workflows.js';
import { jobrelay } from '../../unit/cli/run-in-process.js';
import { type Harness, historyText, startHarness, until } from '../harness.js';

const quiet = new DefaultLogger('ERROR');
installRuntime(() => undefined);

let harness: Harness;
let connection: NativeConnection;
let code: string;
let stopWorker: () => Promise<void>;

beforeAll(async () => {
  harness = await startHarness({
    worker: false,
    endpoints: {
      picky: {
        handler: (input) => {
          if ((input as { good?: boolean }).good !== true) throw new Error('not good enough');
          return input;
        },
      },
      second: { handler: () => ({ from: 'second' }) },
    },
  });
  connection = await NativeConnection.connect({ address: inject('temporal').address });
  const workflowsPath = fileURLToPath(new URL('../../fixtures/own-workflows.ts', import.meta.url));
  ({ code } = await bundleWorkflowCode({ workflowsPath, logger: quiet }));
  const worker = await Worker.create({
    connection,
    namespace: inject('temporal').namespace,
    taskQueue: harness.taskQueue,
    workflowBundle: { code },
    plugins: [jobRelayPlugin({ config: harness.config, env: {}, log: () => undefined })],
  });
  const running = worker.run();
  stopWorker = async () => {
    worker.shutdown();
    await running;
  };
});
afterAll(async () => {
  await stopWorker();
  await connection.close();
  await harness.stop();
});
beforeEach(() => harness.emulator.clearFaults());

type Workflows = typeof workflows;

async function start<T extends keyof Workflows>(
  type: T,
  ...args: Parameters<Workflows[T]>
): Promise<WorkflowHandle<Workflows[T]>> {
  const options = { workflowId: `${type}-${randomUUID()}`, taskQueue: harness.taskQueue, args };
  return (await harness.temporal.workflow.start(type, options)) as WorkflowHandle<Workflows[T]>;
}

const run = async (input: JobInput): Promise<JobResult> => (await start('one', input)).result();
const runAll = async (inputs: readonly JobInput[]): Promise<JobResult> => (await start('inAllPlaces', inputs)).result();
const map = async (inputs: readonly JobInput[], options: MapJobsOptions = {}): Promise<readonly MappedJob[]> =>
  (await start('each', inputs, options)).result();

async function causeOf(result: Promise<unknown>): Promise<unknown> {
  const error = await result.then(
    (value) => Promise.reject(new Error(`expected a failure, got ${JSON.stringify(value)}`)),
    (failure: unknown) => failure,
  );
  if (!(error instanceof WorkflowFailedError)) throw error;
  return error.cause;
}

async function failureOf(result: Promise<unknown>): Promise<ApplicationFailure> {
  const cause = await causeOf(result);
  if (cause instanceof ApplicationFailure) return cause;
  throw cause;
}

/** The emulator's ledger, of the jobs whose input has this mark. */
const marked = (mark: string): readonly LedgerEntry[] =>
  harness.emulator.jobs().filter(({ input }) => (input as { mark?: string } | null)?.mark === mark);

describe('executeJob', () => {
  it('returns what the workflow job returns', async () => {
    expect(await run({ endpoint: 'local/echo', input: { prompt: 'a red boat' } })).toMatchObject({
      status: 'COMPLETED',
      endpoint: 'local/echo',
      output: { prompt: 'a red boat' },
      attempts: [{ outcome: 'COMPLETED' }],
      usage: { jobs: 1, wastedMs: 0 },
      suspectedDuplicates: 0,
    });
  });

  it('fails with the type and the details that the workflow job fails with', async () => {
    const failure = await failureOf(run({ endpoint: 'local/picky', input: { good: false }, retry: { handler: 1 } }));
    expect(failure.type).toBe('JobFailed');
    expect(failure.details?.[0]).toMatchObject({
      status: 'JobFailed',
      attempts: [{ outcome: 'JobFailed' }, { outcome: 'JobFailed' }],
      error: { message: 'not good enough' },
      usage: { jobs: 2 },
    });
  });

  it('keeps to the budget of its job', async () => {
    const input = { endpoint: 'local/picky', input: { good: false }, retry: { handler: 5 }, budget: { jobs: 2 } };
    expect(await failureOf(run(input))).toMatchObject({ type: 'BudgetExceeded', details: [{ usage: { jobs: 2 } }] });
  });

  it('fails for a wrong input with what is wrong', async () => {
    const failure = await failureOf(run({ endpoint: 'local/echo', inputs: {} } as never));
    expect(failure.type).toBe('InvalidRequest');
    expect(failure.details?.[0]).toHaveProperty('problems');
  });

  it('fails the run, and not its workflow task, where an id is given twice', async () => {
    const failure = await failureOf((await start('namesakes', { endpoint: 'local/echo', input: { a: 1 } })).result());
    expect(failure).toMatchObject({ type: 'InvalidRequest', message: expect.stringContaining('"draw"') });
  });

  it('settles its job before a cancelled run closes, and the memo says so', async () => {
    const handle = await start('one', { endpoint: 'local/sleep', input: { ms: 60_000, mark: 'cancel-one' } });
    await until('the job runs', () => marked('cancel-one')[0]?.status === 'IN_PROGRESS');
    await handle.cancel();
    expect(await causeOf(handle.result())).toBeInstanceOf(CancelledFailure);
    expect(marked('cancel-one')[0]?.status).toBe('CANCELLED');
    const { memo } = await handle.describe();
    expect(memo?.['jobrelay.settlement']).toMatchObject({
      jobs: [{ handle: { jobId: marked('cancel-one')[0]?.id }, settled: 'stopped' }],
    });
  });

  it('settles the job of a cancelled scope while the run goes on', async () => {
    const handle = await start(
      'race',
      { endpoint: 'local/sleep', input: { ms: 1_500, mark: 'kept' } },
      { endpoint: 'local/sleep', input: { ms: 60_000, mark: 'given-up' } },
    );
    expect(await handle.result()).toMatchObject({ kept: { status: 'COMPLETED' }, givenUp: 'cancelled' });
    expect(marked('given-up').map(({ status }) => status)).toEqual(['CANCELLED']);
  });

  it('settles a job that its run let go of: the workflow failed with another one beside it', async () => {
    harness.emulator.setFaults([
      { kind: 'delay-answer', operation: 'run', endpoint: 'sleep', delayMs: 1_000, times: 1 },
    ]);
    const handle = await start(
      'sideBySide',
      { endpoint: 'local/sleep', input: { ms: 600_000, mark: 'let-go' } },
      { endpoint: 'local/picky', input: { good: false } },
    );
    expect((await failureOf(handle.result())).type).toBe('JobFailed');
    // By its submit, which hears the answer after that; where that was faster, by whoever waits for the job.
    await until('it is cancelled', () => marked('let-go')[0]?.status === 'CANCELLED');
  });

  it('marks its run with the search attributes that other runs have', async () => {
    const handle = await start(
      'each',
      [
        { endpoint: 'local/echo', input: { a: 1 } },
        { endpoint: 'local/second', input: { a: 1 } },
      ],
      { concurrency: 1 },
    );
    await handle.result();
    const { typedSearchAttributes } = await handle.describe();
    const attributes = Object.fromEntries(typedSearchAttributes.getAll().map(({ key, value }) => [key.name, value]));
    expect(attributes).toMatchObject({ JobRelayRun: 'workflow', JobRelayEndpoint: ['local/echo', 'local/second'] });
  });

  it('makes a run that the command line lists, describes and prints', async () => {
    const handle = await start('one', { endpoint: 'local/second', input: { a: 1 } });
    await handle.result();
    const place = ['--address', inject('temporal').address, '--task-queue', harness.taskQueue, '--json'];
    const ask = async (...args: string[]) => JSON.parse((await jobrelay([...args, ...place])).stdout);
    const listed = await until('it is listed', async () => {
      const { runs } = await ask('list', '--type', 'workflow', '--endpoint', 'local/second', '--status', 'completed');
      return runs.find(({ workflowId }: { workflowId: string }) => workflowId === handle.workflowId);
    });
    expect(listed).toMatchObject({ type: 'one', status: 'completed', endpoints: ['local/second'] });
    expect((await ask('list', '--since', '1h', '--limit', '10000')).runs).toContainEqual(listed);
    expect(await ask('status', handle.workflowId)).toMatchObject({ type: 'one', status: 'completed' });
    expect((await ask('result', handle.workflowId)).result).toMatchObject({ output: { from: 'second' } });
  });

  it('replays its own history', async () => {
    const handle = await start('each', [{ endpoint: 'local/echo', input: { a: 1 } }], {});
    await handle.result();
    await Worker.runReplayHistory({ workflowBundle: { code } }, await handle.fetchHistory(), handle.workflowId);
  });
});

describe('mapJobs', () => {
  it('returns what became of each item in the order of the items, however long each took', async () => {
    const jobs = await map([300, 10, 100].map((ms) => ({ endpoint: 'local/sleep', input: { ms } })));
    expect(jobs).toMatchObject([300, 10, 100].map((ms) => ({ status: 'completed', result: { output: { ms } } })));
  });

  it('returns nothing for nothing', async () => {
    expect(await map([])).toEqual([]);
  });

  it('has no more jobs under way than it was told, and starts one for each that ends', async () => {
    const inputs = Array.from({ length: 7 }, (_, index) => ({
      endpoint: 'local/sleep',
      input: { ms: 150, mark: 'bounded', index },
    }));
    await map(inputs, { concurrency: 2 });
    const spans = marked('bounded').map(({ acceptedAt, endedAt }) => [acceptedAt, endedAt ?? ''] as const);
    const atOnce = spans.map(([at]) => spans.filter(([from, to]) => from <= at && at < to).length);
    expect(spans).toHaveLength(7);
    expect(Math.max(...atOnce)).toBe(2);
  });

  it.each([1, '50%'] as const)('tolerates %s of two failed', async (tolerate) => {
    const inputs = [true, false].map((good) => ({ endpoint: 'local/picky', input: { good } }));
    expect(await map(inputs, { tolerate })).toMatchObject([
      { status: 'completed', result: { output: { good: true } } },
      { status: 'failed', error: { type: 'JobFailed', message: expect.stringContaining('not good enough') } },
    ]);
  });

  it('settles the others when too many fail, starts no more, and fails as a step of a pipeline does', async () => {
    const sleeper = { endpoint: 'local/sleep', input: { ms: 60_000, mark: 'sibling' } };
    const bad = { endpoint: 'local/picky', input: { good: false } };
    const failure = await failureOf(map([sleeper, bad, sleeper], { id: 'draw', concurrency: 2 }));
    expect(failure.type).toBe('StepFailed');
    expect(failure.message).toContain('"draw[1]"');
    expect(failure.details?.[0]).toMatchObject({
      step: 'draw',
      index: 1,
      cause: { type: 'JobFailed', details: { error: { message: 'not good enough' } } },
      steps: { draw: { status: 'failed', jobs: 2 } },
      unsettled: [],
    } satisfies Partial<Record<keyof StepFailedDetails, unknown>>);
    expect(marked('sibling').map(({ status }) => status)).toEqual(['CANCELLED']);
  });

  it('settles all its jobs when the run is cancelled, and says so once', async () => {
    const inputs = Array.from({ length: 3 }, () => ({
      endpoint: 'local/sleep',
      input: { ms: 60_000, mark: 'cancel-all' },
    }));
    const handle = await start('each', inputs, { concurrency: 2 });
    await until('two run', () => marked('cancel-all').filter(({ status }) => status === 'IN_PROGRESS').length === 2);
    await handle.cancel();
    expect(await causeOf(handle.result())).toBeInstanceOf(CancelledFailure);
    expect(marked('cancel-all').map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
    const { memo } = await handle.describe();
    expect(memo?.['jobrelay.settlement']).toMatchObject({ jobs: [{ settled: 'stopped' }, { settled: 'stopped' }] });
    const { events } = await handle.fetchHistory();
    const upserts = events?.filter(({ workflowPropertiesModifiedEventAttributes: changed }) => changed) ?? [];
    expect(upserts).toHaveLength(1);
  });

  it.each([
    ['concurrency', { concurrency: 0 }],
    ['tolerate', { tolerate: 'half' }],
    ['inlineMaxBytes', { inlineMaxBytes: -1 }],
  ])('fails the run, and not its workflow task, for a wrong %s', async (name, options) => {
    const failure = await failureOf(map([], options as MapJobsOptions));
    expect(failure).toMatchObject({ type: 'InvalidRequest', message: expect.stringContaining(name) });
  });
});

describe('withFailover', () => {
  it('goes on to the next input when the endpoint of the first is gone', async () => {
    harness.emulator.setFaults([
      { kind: 'status', endpoint: 'first', httpStatus: 404, body: '{"error":"endpoint not found"}' },
    ]);
    const result = await runAll([
      { endpoint: 'local/first', input: { audio: 'a' } },
      { endpoint: 'local/second', input: { file: 'a' } },
    ]);
    expect(result).toMatchObject({
      endpoint: 'local/second',
      output: { from: 'second' },
      attempts: [{ outcome: 'EndpointNotFound' }, { outcome: 'COMPLETED' }],
    });
  });

  it('goes on when the worker does not know the first endpoint', async () => {
    const result = await runAll([
      { endpoint: 'no-such-alias', input: { a: 1 } },
      { endpoint: 'local/second', input: { a: 1 } },
    ]);
    expect(result).toMatchObject({ endpoint: 'local/second' });
  });

  it('goes on when nobody takes the first job, after that was settled', async () => {
    const result = await runAll([
      { endpoint: 'local/idle', input: { mark: 'idle' }, timeouts: { queue: '1s' }, retry: { queue: 0 } },
      { endpoint: 'local/second', input: { a: 1 } },
    ]);
    expect(result).toMatchObject({
      endpoint: 'local/second',
      attempts: [{ outcome: 'QueueTimeout', settled: 'stopped' }, { outcome: 'COMPLETED' }],
      usage: { jobs: 2 },
    });
    expect(marked('idle').map(({ status }) => status)).toEqual(['CANCELLED']);
  });

  it('does not wait for ever for a provider that takes no submit, where another stands ready', async () => {
    const other = { endpoint: 'local/second', input: { a: 1 } };
    const patience = async (inputs: readonly JobInput[]) => {
      const handle = await start('inAllPlaces', inputs);
      await handle.result();
      return (await historyText(harness.temporal, handle.workflowId)).match(/"patienceMs":\d+/)?.[0];
    };
    expect(await patience([other, other])).toBe('"patienceMs":30000');
    expect(await patience([other])).toBeUndefined();
  });

  it('does not go on when the handler failed', async () => {
    const failure = await failureOf(
      runAll([
        { endpoint: 'local/picky', input: { good: false } },
        { endpoint: 'local/second', input: { mark: 'not-asked' } },
      ]),
    );
    expect(failure.type).toBe('JobFailed');
    expect(marked('not-asked')).toEqual([]);
  });

  it('fails as the last did when all failed', async () => {
    const failure = await failureOf(
      runAll([
        { endpoint: 'no-such-alias', input: { a: 1 } },
        { endpoint: 'local/picky', input: { good: false } },
      ]),
    );
    expect(failure.type).toBe('JobFailed');
  });

  it('refuses an empty list', async () => {
    expect((await failureOf(runAll([]))).type).toBe('InvalidRequest');
  });
});
