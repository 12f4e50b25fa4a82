import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../emulator/index.js';
import type { JsonObject } from '../../../job-api/index.js';
import type { Attempt, SettleOutcome } from '../../../workflows/contract.js';
import { freePort } from '../../fixtures/free-port.js';
import { type Harness, startHarness, until } from '../harness.js';
import { harness as left, terminatedInSubmit, untilListed, useHarness } from './left-runs.js';

const HOUR = 3_600_000;

let harness: Harness;
/** The endpoint `mended` is. */
let mend = () => {};
const mended = new Promise<void>((resolve) => {
  mend = resolve;
});
let metrics: { readonly host: string; readonly port: number };
const lines: string[] = [];
beforeAll(async () => {
  metrics = { host: '127.0.0.1', port: await freePort() };
  harness = await startHarness({
    metrics,
    endpoints: {
      sleep: { workers: 100 },
      failing: {
        handler: async () => {
          await until('the other runs', () => ledger('beside')[0]?.status === 'IN_PROGRESS');
          throw new Error('no');
        },
      },
      mended: {
        async handler(_, { jobId }) {
          if (ledgerOf('mended')[0]?.id === jobId) return { error: 'job timed out after 1 retries' };
          await mended;
          return { from: 'mended' };
        },
      },
    },
    configure: (config) => ({
      ...config,
      endpoints: {
        mended: {
          alias: 'mended',
          use: [{ endpoint: 'mended', provider: 'local', endpointId: 'mended' }],
          retry: { backoff: { firstMs: 1, maxMs: 1 } },
          circuit: { failures: 1, openMs: 100 },
        },
      },
    }),
    log: (line) => lines.push(line),
  });
});
afterAll(() => harness.stop());
// Runs of another task queue, whose workers are what a test wants.
useHarness();
beforeEach(() => harness.emulator.clearFaults());

const ledgerOf = (endpoint: string) => harness.emulator.jobs().filter((job) => job.endpoint === endpoint);
const ledger = (mark: string) =>
  harness.emulator.jobs().filter(({ input }) => (input as { mark?: string } | null)?.mark === mark);
/** What the worker said of the settling of a job, without the time it took. */
const said = (jobId: string) =>
  lines.flatMap((line) => {
    const [, facts] = /: (?:settled a job|could not see a job end) \S+ .*?(\{.*\})/.exec(line) ?? [];
    const { ms: _, ...told } = facts === undefined ? { jobId: '' } : (JSON.parse(facts) as Record<string, unknown>);
    return told.jobId === jobId ? [told] : [];
  });

interface Exit {
  /** The job's settings; it would sleep for `ms`, an hour where absent. */
  readonly job?: object;
  readonly endpoint?: string;
  readonly ms?: number;
  readonly faults?: readonly Fault[];
  readonly cancelled?: true;
  readonly why: string;
  readonly outcome: SettleOutcome;
  readonly cancels?: number;
  /** What the attempt ended with. */
  readonly attempt: Attempt['outcome'];
}

/** A status that the provider answers with, having done nothing. */
const refused = (httpStatus: number, body: JsonObject = {}): Fault => ({
  ...{ kind: 'status', operation: 'cancel', httpStatus, times: 1 },
  body: body as never,
});
const NO_RETRY = { platform: 0, queue: 0, handler: 0 };

describe('on every way out, the job is settled, its attempt says how, and the worker in one line why', () => {
  it.concurrent.each<[string, Exit]>([
    ['a cancel', { cancelled: true, why: 'cancelled', outcome: 'stopped', attempt: 'CANCELLED' }],
    [
      'the queue limit',
      {
        endpoint: 'local/nobody',
        job: { timeouts: { queue: 500 } },
        why: 'QueueTimeout',
        outcome: 'stopped',
        attempt: 'QueueTimeout',
      },
    ],
    [
      'the run limit',
      { job: { timeouts: { run: 500 } }, why: 'RunTimeout', outcome: 'stopped', attempt: 'RunTimeout' },
    ],
    [
      'the total limit',
      { job: { timeouts: { total: 5_000 } }, why: 'TotalTimeout', outcome: 'stopped', attempt: 'CANCELLED' },
    ],
  ])('%s', async (name, exit) => {
    const mark = `exit: ${name}`;
    const run = await harness.relay.start('job', {
      ...{ endpoint: exit.endpoint ?? 'local/sleep', input: { ms: exit.ms ?? HOUR, mark }, retry: NO_RETRY },
      ...exit.job,
    });
    if (exit.cancelled) {
      await until('it is awaited', async () =>
        (await run.status()).pendingActivities.some(({ type }) => type === 'awaitJob'),
      );
      await run.cancel();
    }
    await expectSettled(run, mark, exit);
  });

  it.each<[string, Exit]>([
    [
      'that the provider refuses for now',
      {
        faults: [refused(503), refused(409, { error: 'busy' })],
        ...{ cancelled: true, why: 'cancelled', outcome: 'stopped', cancels: 3, attempt: 'CANCELLED' },
      },
    ],
    [
      'that the provider accepts and forgets',
      {
        faults: [refused(200, { status: 'CANCELLED' })],
        ...{ cancelled: true, why: 'cancelled', outcome: 'stopped', cancels: 2, attempt: 'CANCELLED' },
      },
    ],
    [
      'that comes after the job has finished',
      {
        ...{ ms: 3_000, faults: [{ kind: 'delay', operation: 'cancel', delayMs: 3_500, times: 1 }] },
        ...{ cancelled: true, why: 'cancelled', outcome: 'finished-first', attempt: 'CANCELLED' },
      },
    ],
  ])('a cancel %s', async (name, exit) => {
    const mark = `cancel: ${name}`;
    const run = await harness.relay.start('job', { endpoint: 'local/sleep', input: { ms: exit.ms ?? HOUR, mark } });
    await until('it runs', () => ledger(mark)[0]?.status === 'IN_PROGRESS');
    harness.emulator.setFaults(exit.faults ?? []);
    await run.cancel();
    await expectSettled(run, mark, exit);
  });

  it('a step beside it that fails', async () => {
    const mark = 'beside';
    const run = await harness.relay.start('pipeline', {
      definition: {
        version: 1,
        steps: {
          long: { endpoint: 'local/sleep', input: { ms: HOUR, mark } },
          short: { endpoint: 'local/failing', input: { a: 1 }, retry: NO_RETRY },
        },
      },
    });
    await expect(run.result()).rejects.toMatchObject({ type: 'StepFailed' });
    const [job] = ledger(mark);
    expect(job?.status).toBe('CANCELLED');
    const told = await until('the worker has said so', () => said(job?.id ?? '')[0]);
    expect(told).toMatchObject({ why: 'cancelled', outcome: 'stopped' });
  });
});

describe('the metrics', () => {
  it('show that an endpoint is left alone, until it takes jobs again', async () => {
    const key = 'jobrelay_circuit_open local/mended';
    const run = await harness.relay.start('job', { endpoint: 'mended', input: { a: 1 } });
    await until('its circuit is open', async () => (await counters())[key] === 1);
    mend();
    expect(await run.result()).toMatchObject({ output: { from: 'mended' }, usage: { jobs: 2 } });
    await until('it is closed again', async () => (await counters())[key] === 0);
  });

  /** The value of each counter of ours, by its name and the labels that we give it. */
  async function counters(): Promise<Record<string, number>> {
    const response = await fetch(`http://${metrics.host}:${metrics.port}/metrics`);
    const samples = [...(await response.text()).matchAll(/^(jobrelay_\w+)\{(.*)\} (\d+)$/gm)];
    const sums: Record<string, number> = {};
    for (const [, name, labels = '', value] of samples) {
      const [, endpoint] = /endpoint="([^"]*)"/.exec(labels) ?? [];
      const [, outcome] = /outcome="([^"]*)"/.exec(labels) ?? [];
      const key = [name, endpoint, outcome].filter((part) => part !== undefined).join(' ');
      sums[key] = (sums[key] ?? 0) + Number(value);
    }
    return sums;
  }

  it('count what was submitted, how it ended or was settled, and every suspected duplicate', async () => {
    const before = await counters();
    harness.emulator.setFaults([
      { kind: 'lose-answer', operation: 'run', times: 1 },
      { kind: 'malform-answer', operation: 'run', times: 1 },
    ]);
    const input = { endpoint: 'local/echo', input: { a: 1 } };
    expect(await (await harness.relay.start('job', input)).result()).toMatchObject({ suspectedDuplicates: 1 });
    const failing = await harness.relay.start('job', {
      ...{ endpoint: 'local/fail', input: { message: 'no' }, retry: NO_RETRY },
    });
    await expect(failing.result()).rejects.toMatchObject({ type: 'JobFailed' });
    const limited = await harness.relay.start('job', {
      ...{ endpoint: 'local/sleep', input: { ms: HOUR }, retry: NO_RETRY, timeouts: { run: 300 } },
    });
    await expect(limited.result()).rejects.toMatchObject({ type: 'RunTimeout' });

    const counted = async () => {
      const since = await counters();
      const added = (key: string) => (since[key] ?? 0) - (before[key] ?? 0);
      return {
        submitted: added('jobrelay_jobs_submitted_total local/echo'),
        completed: added('jobrelay_jobs_ended_total local/echo COMPLETED'),
        failed: added('jobrelay_jobs_ended_total local/fail JobFailed'),
        settled: added('jobrelay_jobs_settled_total local/sleep stopped'),
        suspected: added('jobrelay_suspected_duplicates_total local/echo'),
        adopted: added('jobrelay_submits_adopted_total local/echo'),
      };
    };
    const once = { submitted: 1, completed: 1, failed: 1, settled: 1, suspected: 1, adopted: 1 };
    await expect.poll(counted).toEqual(once);
  });

  it('count a suspected duplicate of a run that was terminated over it, once the schedule of reap has found it', async () => {
    const runs = await terminatedInSubmit({ sending: { phase: 'sending' } });
    await untilListed(runs);
    const suspected = async () => (await counters())['jobrelay_suspected_duplicates_total local/sleep'] ?? 0;
    const before = await suspected();
    const reap = async (more: object) =>
      await harness.temporal.workflow.execute('reap', {
        workflowId: `reap-${randomUUID()}`,
        taskQueue: harness.taskQueue,
        args: [{ taskQueue: left.taskQueue, ...more }],
      });
    expect(await reap({})).toMatchObject({ suspectedDuplicates: 1 });
    await until('it is counted', async () => (await suspected()) === before + 1);
    // A person who looks finds what is counted.
    expect(await reap({ since: new Date(0).toISOString() })).toMatchObject({ suspectedDuplicates: 1 });
    expect(await suspected()).toBe(before + 1);
  });
});

async function expectSettled(
  run: { readonly workflowId: string; result(): Promise<unknown>; status(): Promise<{ settlement?: unknown }> },
  mark: string,
  { why, outcome, attempt, cancels }: Exit,
): Promise<void> {
  const error = (await run.result().catch((reason: unknown) => reason)) as { details?: unknown };
  expect(error).toBeInstanceOf(Error);
  const jobs = ledger(mark);
  expect(jobs).toHaveLength(1);
  const [job] = jobs;
  const jobId = job?.id ?? '';
  expect(job?.status).toBe(outcome === 'finished-first' ? 'COMPLETED' : 'CANCELLED');

  const { settlement } = await run.status();
  if (why === 'cancelled') expect(settlement).toMatchObject({ jobs: [{ settled: outcome }] });
  else expect(error.details).toMatchObject({ attempts: [{ jobId, outcome: attempt, settled: outcome }] });
  const told = await until('the worker has said so', () => (said(jobId).length > 0 ? said(jobId) : undefined));
  expect(told).toHaveLength(1);
  expect(told).toMatchObject([{ why, outcome, ...(cancels !== undefined && { cancels }) }]);
}
