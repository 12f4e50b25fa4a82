import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { RunCancelled } from '../../../client/index.js';
import type { JobResult } from '../../../workflows/contract.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
/** Inputs that the endpoint `uneven` has seen: it is slow with each the first time, and quick the second. */
const seen = new Set<string>();
/** Inputs that the endpoint `patient` is to end. */
const released = new Set<string>();

const keyOf = (input: unknown) => (input as { relay_key?: string }).relay_key;
const markOf = (input: unknown) => (input as { mark: string }).mark;
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      uneven: {
        workers: 200,
        async handler(input) {
          const mark = markOf(input);
          if (!seen.has(mark)) {
            seen.add(mark);
            await later(60_000);
          }
          return { mark };
        },
      },
      // Of the items that it is slow with, the first job ends by being cancelled alone.
      limping: {
        workers: 200,
        handler(input, { signal }) {
          const { mark, n } = input as { mark: string; n: number };
          if (n % 40 !== 0 || seen.has(`${mark} ${n}`)) return { n };
          seen.add(`${mark} ${n}`);
          return new Promise((resolve) => signal.addEventListener('abort', () => resolve({ n: -1 })));
        },
      },
      lame: { handler: () => later(60_000).then(() => ({ from: 'lame' })) },
      keyed: { handler: (input) => input },
      quick: { handler: () => ({ from: 'quick' }) },
      refusing: { handler: () => ({ error: 'no such model' }) },
      failsWithCompany: {
        async handler(input) {
          await until('the hedge is there', () => jobsOf(markOf(input)).length === 2);
          return { error: 'no such model' };
        },
      },
      patient: {
        async handler(input) {
          await until('it may end', () => released.has(markOf(input)));
          return { from: 'patient' };
        },
      },
    },
    configure: (config) => ({
      ...config,
      endpoints: {
        pair: {
          alias: 'pair',
          use: ['lame', 'quick'].map((endpointId) => ({ endpoint: 'pair', provider: 'local', endpointId })),
          price: { perSecond: 0.01 },
          hedge: { afterMs: 200, max: 1 },
          correlation: { field: 'relay_key' },
        },
        keyed: {
          alias: 'keyed',
          use: [{ endpoint: 'keyed', provider: 'local', endpointId: 'keyed' }],
          hedge: { afterMs: 60_000, max: 1 },
          correlation: { field: 'relay_key' },
        },
      },
    }),
  });
});
afterAll(() => harness.stop());

/** Jobs of the ledger whose input has the mark. */
const jobsOf = (mark: string) =>
  harness.emulator.jobs().filter(({ input }) => (input as { mark?: string } | null)?.mark === mark);

const run = async (input: object): Promise<JobResult> =>
  (await harness.relay.start('job', input as never)).result() as Promise<JobResult>;

// Each waits for jobs of its own.
describe.concurrent('a hedge', () => {
  it('runs the job elsewhere where the first is slow, and sees the slow one end', async () => {
    const result = await run({ endpoint: 'pair', input: { mark: 'pair' } });
    expect(result).toMatchObject({ output: { from: 'quick' }, suspectedDuplicates: 0 });
    expect(result.attempts).toMatchObject([
      { handle: { endpointId: 'lame' }, outcome: 'CANCELLED', superseded: true, settled: 'stopped' },
      { handle: { endpointId: 'quick' }, outcome: 'COMPLETED', hedge: true },
    ]);
    const [slow, quick] = jobsOf('pair');
    expect([slow?.status, quick?.status]).toEqual(['CANCELLED', 'COMPLETED']);
    // A handler that does the work of a key once must not take the hedge for the slow one.
    expect(new Set([slow, quick].map((job) => keyOf(job?.input))).size).toBe(2);
    expect(result.usage).toMatchObject({
      jobs: 2,
      executionMs: (slow?.billedMs ?? 0) + (quick?.billedMs ?? 0),
      wastedMs: slow?.billedMs,
      wasted: { hedgesMs: slow?.billedMs },
    });
  });

  it('changes nothing of the key that a repeated submit takes over', async () => {
    harness.emulator.setFaults([{ kind: 'lose-answer', endpoint: 'keyed', operation: 'run', times: 1 }]);
    const { attempts } = await run({ endpoint: 'keyed', input: { mark: 'keyed' } });
    expect(attempts).toMatchObject([{ outcome: 'SubmitAmbiguous' }, { outcome: 'COMPLETED' }]);
    const [first, second] = jobsOf('keyed').map(({ input }) => keyOf(input));
    expect(first).toBeDefined();
    expect(second).toBe(first);
  });

  it('asks the same endpoint again where there is no other', async () => {
    const result = await run({
      endpoint: 'local/uneven',
      input: { mark: 'same' },
      hedge: { after: '200ms' },
      timeouts: { total: '40s' },
    });
    expect(result.attempts).toMatchObject([{ superseded: true }, { outcome: 'COMPLETED', hedge: true }]);
    expect(jobsOf('same').map(({ status }) => status)).toEqual(['CANCELLED', 'COMPLETED']);
  });

  it('counts the time in the queue, of a job that no worker takes', async () => {
    const result = await run({
      endpoint: ['local/nobody', 'local/quick'],
      input: { mark: 'queued' },
      hedge: { after: '200ms' },
    });
    expect(result.attempts).toMatchObject([{ superseded: true, settled: 'stopped' }, { outcome: 'COMPLETED' }]);
    expect(result.usage).toMatchObject({ jobs: 2, wastedMs: 0 });
  });

  it('is not begun where the job is quick, or fails before', async () => {
    expect(
      (await run({ endpoint: 'local/quick', input: { mark: 'quick' }, hedge: { after: '1m' } })).attempts,
    ).toHaveLength(1);
    const failure = await failureOfRun(harness.relay, 'job', {
      endpoint: ['local/refusing', 'local/quick'],
      input: { mark: 'refused' },
      hedge: { after: '1m' },
    });
    expect(failure.type).toBe('JobFailed');
    expect(jobsOf('refused')).toHaveLength(1);
  });

  it.each([
    { which: 'goes on alone where the first fails beside it', endpoints: ['local/failsWithCompany', 'local/patient'] },
    { which: 'that fails leaves the first to go on', endpoints: ['local/patient', 'local/refusing'] },
  ])('$which', async ({ which, endpoints }) => {
    const started = await harness.relay.start('job', {
      endpoint: endpoints,
      input: { mark: which },
      hedge: { after: '200ms', max: 2 },
    });
    await until('the run has heard of the failure', async () => (await started.progress()).usage.jobs === 1);
    released.add(which);
    const { output, attempts } = (await started.result()) as JobResult;
    expect(output).toEqual({ from: 'patient' });
    expect(attempts.map(({ outcome, superseded }) => [outcome, superseded]).sort()).toEqual([
      ['COMPLETED', undefined],
      ['JobFailed', undefined],
    ]);
    expect(jobsOf(which)).toHaveLength(2);
  });

  it('fails the job where both fail, with the failure that no other job would mend', async () => {
    const failure = await failureOfRun(harness.relay, 'job', {
      endpoint: ['local/failsWithCompany', 'local/refusing'],
      input: { mark: 'both' },
      hedge: { after: '200ms' },
    });
    expect(failure).toMatchObject({ type: 'JobFailed', details: { usage: { jobs: 2 } } });
  });

  it('is cancelled with its run, and so is the first', async () => {
    const started = await harness.relay.start('job', {
      endpoint: ['local/lame', 'local/nobody'],
      input: { mark: 'cancelled' },
      hedge: { after: '100ms' },
    });
    await until('both are there', () => jobsOf('cancelled').length === 2);
    await started.cancel();
    const error = await started.result().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(RunCancelled);
    expect(jobsOf('cancelled').map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
    const { settlement } = error as RunCancelled;
    expect(settlement?.jobs.map(({ settled }) => settled)).toEqual(['stopped', 'stopped']);
  });

  it('ends with the total limit, which spans both', async () => {
    const failure = await failureOfRun(harness.relay, 'job', {
      endpoint: ['local/lame', 'local/nobody'],
      input: { mark: 'total' },
      hedge: { after: '100ms' },
      timeouts: { total: '6s' },
    });
    expect(failure.type).toBe('TotalTimeout');
    expect(jobsOf('total').map(({ status }) => status)).toEqual(['CANCELLED', 'CANCELLED']);
  });
});

describe('a hedge of an item in a slice of a long forEach', () => {
  it('wins where the first job of the item is slow, which is cancelled and seen to end', async () => {
    const mark = 'sliced';
    const each = {
      forEach: '{% [1..101] %}',
      concurrency: 101,
      endpoint: 'local/limping',
      input: { mark, n: '{% $item %}' },
      hedge: { after: '1s' },
    };
    const definition = { version: 1, steps: { each }, output: '{% [$steps.each.output.n] %}' };
    const started = await harness.relay.start('pipeline', { definition, input: {} } as never);
    const { output, usage, suspectedDuplicates } = await started.result();
    expect(output).toEqual(Array.from({ length: 101 }, (_, at) => at + 1));
    expect(suspectedDuplicates).toBe(0);
    const { events = [] } = await harness.temporal.workflow.getHandle(started.workflowId).fetchHistory();
    const children = events?.map((event) => event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowType);
    expect(children?.filter((type) => type?.name === 'slice')).toHaveLength(2);

    // Beside a quick one a hedge may begin too, where the machine is busy; it may even come first.
    const jobs = jobsOf(mark);
    const statusesOf = (n: number) => jobs.filter(({ input }) => Object(input).n === n).map(({ status }) => status);
    for (const slow of [40, 80]) expect(statusesOf(slow)).toEqual(['CANCELLED', 'COMPLETED']);
    expect(jobs.every(({ endedAt }) => endedAt !== null)).toBe(true);
    const sum = (of: typeof jobs) => of.reduce((ms, { billedMs }) => ms + billedMs, 0);
    const cancelled = jobs.filter(({ status }) => status === 'CANCELLED');
    expect(usage).toMatchObject({ jobs: jobs.length, executionMs: sum(jobs) });
    expect(usage.wasted?.hedgesMs).toBeGreaterThanOrEqual(sum(cancelled));
  });
});
