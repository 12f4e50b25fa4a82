import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../emulator/index.js';
import type { JsonObject } from '../../../job-api/index.js';
import type { Attempt, SettleOutcome } from '../../../workflows/contract.js';
import { type Harness, startHarness, until } from '../harness.js';

const HOUR = 3_600_000;

let harness: Harness;
const lines: string[] = [];
beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      sleep: { workers: 100 },
      failing: {
        handler: async () => {
          await until('the other runs', () => ledger('beside')[0]?.status === 'IN_PROGRESS');
          throw new Error('no');
        },
      },
    },
    log: (line) => lines.push(line),
  });
});
afterAll(() => harness.stop());
beforeEach(() => harness.emulator.clearFaults());

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
      { job: { timeouts: { total: 1_500 } }, why: 'TotalTimeout', outcome: 'stopped', attempt: 'CANCELLED' },
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
        ...{ ms: 1_000, faults: [{ kind: 'delay', operation: 'cancel', delayMs: 1_200, times: 1 }] },
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
