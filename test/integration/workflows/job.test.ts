import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type JobResult, type Run, RunCancelled } from '../../../client/index.js';
import type { Config } from '../../../config/index.js';
import { flakyHandler } from '../../fixtures/flaky-handler.js';
import { failureOfRun, type Harness, historyText, startHarness, until } from '../harness.js';

const PNG = `iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==`;

const ISO = expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);

let harness: Harness;
/** Runs for half a minute, beside all that is tested. */
let long: Run<JobResult>;

beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      flaky: { handler: flakyHandler() },
      picture: { handler: () => ({ image: `${PNG.slice(0, -4)}${'A'.repeat(2048)}` }) },
      bytes: { handler: (input) => ({ text: 'x'.repeat((input as { count: number }).count) }) },
      second: { handler: () => ({ from: 'second' }) },
      deep: { handler: () => JSON.parse(`${'['.repeat(1_001)}${']'.repeat(1_001)}`) },
    },
    configure: (config): Config => ({
      ...config,
      secrets: ['HF_TOKEN'],
      endpoints: {
        priced: {
          alias: 'priced',
          use: [{ endpoint: 'priced', provider: 'local', endpointId: 'sleep' }],
          price: { perSecond: 0.01 },
        },
      },
    }),
    env: { HF_TOKEN: 'the-secret-value' },
  });
  long = await harness.relay.start('job', { endpoint: 'local/sleep', input: { ms: 30_000 } });
});
afterAll(() => harness.stop());
beforeEach(() => harness.emulator.clearFaults());

const failureOf = (input: object) => failureOfRun(harness.relay, 'job', input);

describe('a job', () => {
  it('returns its output, its times and its only attempt', async () => {
    const run = await harness.relay.start('job', { endpoint: 'local/echo', input: { prompt: 'a red boat' } });
    expect(await run.result()).toMatchObject({
      status: 'COMPLETED',
      endpoint: 'local/echo',
      output: { prompt: 'a red boat' },
      attempts: [
        {
          ...{ outcome: 'COMPLETED', endpoint: 'local/echo', handle: { endpointId: 'echo' } },
          ...{ submittedAt: ISO, startedAt: ISO, endedAt: ISO },
        },
      ],
      usage: { jobs: 1, wastedMs: 0 },
      suspectedDuplicates: 0,
    });
    expect(await run.progress()).toMatchObject({
      status: 'completed',
      steps: { job: { status: 'completed', done: 1, total: 1 } },
    });
  });

  it('can be started by name with nothing but the JSON object', async () => {
    const result = await harness.temporal.workflow.execute('job', {
      taskQueue: harness.taskQueue,
      workflowId: `by-name-${harness.taskQueue}`,
      args: [{ endpoint: 'local/echo', input: { a: 1 } }],
    });
    expect(result).toMatchObject({ status: 'COMPLETED', output: { a: 1 } });
  });

  it('estimates its cost from the price of the endpoint', async () => {
    const run = await harness.relay.start('job', { endpoint: 'priced', input: { ms: 200 } });
    const { usage } = await run.result();
    expect(usage.estimatedCostUsd).toBeCloseTo((usage.executionMs / 1_000) * 0.01, 6);
    // A timer may fire a little before its time by the clock that is read.
    expect(usage.executionMs).toBeGreaterThan(150);
  });

  it('keeps pictures of its output as artifacts', async () => {
    const run = await harness.relay.start('job', { endpoint: 'local/picture', input: { a: 1 } });
    const { output } = await run.result();
    const { image } = output as unknown as {
      image: { $artifact: { mediaType: string; sha256: string; bytes: number; encoding: 'base64' } };
    };
    expect(image.$artifact.mediaType).toBe('image/png');
    const bytes = await harness.relay.artifact(image);
    expect(Buffer.from(bytes).subarray(1, 4).toString()).toBe('PNG');
  });

  it('puts a stored value back when it is the input of the next job', async () => {
    const first = await (
      await harness.relay.start('job', { endpoint: 'local/bytes', input: { count: 300_000 } })
    ).result();
    expect(first.output).toHaveProperty('text.$artifact');
    const second = await (
      await harness.relay.start('job', { endpoint: 'local/echo', input: first.output as never })
    ).result();
    const sent = harness.emulator.jobs().find(({ id }) => id === second.jobId);
    expect(sent?.input).toEqual({ text: 'x'.repeat(300_000) });
  });

  it('fills in an allowed secret at the submit, and the history does not have it', async () => {
    const run = await harness.relay.start('job', {
      endpoint: 'local/second',
      input: { token: { $secret: 'HF_TOKEN' } },
    });
    const { jobId } = await run.result();
    expect(harness.emulator.jobs().find(({ id }) => id === jobId)?.input).toEqual({ token: 'the-secret-value' });
    const text = await historyText(harness.temporal, run.workflowId);
    expect(text).toContain('HF_TOKEN');
    expect(text).not.toContain('the-secret-value');
  });

  it('asks a failing handler again within its budget', async () => {
    const run = await harness.relay.start('job', {
      endpoint: 'local/flaky',
      input: { key: 'a', times: 1 },
      retry: { handler: 1 },
    });
    expect(await run.result()).toMatchObject({
      output: { afterFailures: 1 },
      attempts: [{ outcome: 'JobFailed' }, { outcome: 'COMPLETED' }],
    });
  });

  it('fails with the words of the handler once its budget is spent', async () => {
    const error = await failureOf({ endpoint: 'local/flaky', input: { key: 'b', times: 9 }, retry: { handler: 1 } });
    expect(error.type).toBe('JobFailed');
    expect(error.details).toMatchObject({
      status: 'JobFailed',
      attempts: [{ outcome: 'JobFailed' }, { outcome: 'JobFailed' }],
      error: { message: 'failure 2' },
    });
  });

  it('goes on to the next endpoint when the first is gone', async () => {
    harness.emulator.setFaults([
      { kind: 'status', endpoint: 'first', httpStatus: 404, body: '{"error":"endpoint not found"}' },
    ]);
    const run = await harness.relay.start('job', { endpoint: ['local/first', 'local/second'], input: { a: 1 } });
    expect(await run.result()).toMatchObject({
      endpoint: 'local/second',
      output: { from: 'second' },
      attempts: [{ outcome: 'EndpointNotFound' }, { outcome: 'COMPLETED' }],
    });
  });

  it('goes on to the next endpoint when nobody takes the job, after that was cancelled', async () => {
    const run = await harness.relay.start('job', {
      endpoint: ['local/idle', 'local/second'],
      input: { a: 1 },
      timeouts: { queue: '1s' },
    });
    expect(await run.result()).toMatchObject({
      endpoint: 'local/second',
      attempts: [{ outcome: 'QueueTimeout', settled: 'stopped' }, { outcome: 'COMPLETED' }],
    });
    expect(harness.emulator.jobs().find(({ endpoint }) => endpoint === 'idle')?.status).toBe('CANCELLED');
  });

  it('ends a job over its run limit and sees it cancelled', async () => {
    const error = await failureOf({
      endpoint: 'local/sleep',
      input: { ms: 60_000, mark: 'run-limit' },
      timeouts: { run: '1s' },
    });
    expect(error.type).toBe('RunTimeout');
    expect(error.details).toMatchObject({ attempts: [{ outcome: 'RunTimeout', settled: 'stopped' }] });
    const job = harness.emulator.jobs().find(({ input }) => (input as { mark?: string }).mark === 'run-limit');
    expect(job?.status).toBe('CANCELLED');
  });

  it('ends all attempts at the total limit', async () => {
    const error = await failureOf({ endpoint: 'local/idle2', input: { a: 1 }, timeouts: { queue: '1m', total: '4s' } });
    expect(error.type).toBe('TotalTimeout');
    expect(harness.emulator.jobs().find(({ endpoint }) => endpoint === 'idle2')?.status).toBe('CANCELLED');
  });

  it('keeps a result that was there when the total limit passed', async () => {
    harness.emulator.register('late', { handler: () => ({ late: true }) });
    // The answer that tells of the result is on its way when the limit ends the waiting; the settling reads it again.
    harness.emulator.setFaults([
      { kind: 'delay-answer', endpoint: 'late', operation: 'status', delayMs: 5_000, times: 1 },
    ]);
    const timeouts = { queue: '1m', total: '4s' };
    const run = await harness.relay.start('job', { endpoint: 'local/late', input: { a: 1 }, timeouts });
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', output: { late: true } });
  });

  it('rejects an output that is nested too deep to be kept, and does not try to keep it for ever', async () => {
    const error = await failureOf({ endpoint: 'local/deep', input: { a: 1 } });
    expect(error.type).toBe('OutputRejected');
    expect(error.message).toContain('nested deeper than 1000 levels');
  });

  it('rejects an output that fails its schema', async () => {
    const error = await failureOf({
      endpoint: 'local/echo',
      input: { a: 1 },
      outputSchema: { type: 'object', required: ['text'] },
    });
    expect(error.type).toBe('OutputRejected');
    expect(error.message).toContain('text');
  });

  it.each([
    ['a wrong key', { kind: 'status', httpStatus: 401 }, 'Unauthorized'],
    ['no credit', { kind: 'status', httpStatus: 402 }, 'InsufficientCredit'],
    [
      'an endpoint that is gone',
      { kind: 'status', httpStatus: 404, body: '{"error":"endpoint not found"}' },
      'EndpointNotFound',
    ],
    ['a refused body', { kind: 'status', httpStatus: 400, body: 'bad request' }, 'InvalidRequest'],
  ] as const)('fails at once for %s', async (_, fault, type) => {
    harness.emulator.setFaults([{ operation: 'run', endpoint: 'refusing', ...fault }]);
    const error = await failureOf({ endpoint: 'local/refusing', input: { a: 1 } });
    expect(error.type).toBe(type);
    expect(error.details).toMatchObject({ attempts: [{ outcome: type }], usage: { jobs: 0 } });
  });
});

describe('a cancelled job', () => {
  it('is settled before the run closes', async () => {
    const run = await harness.relay.start('job', { endpoint: 'local/sleep', input: { ms: 60_000, mark: 'cancel-me' } });
    const ledger = () => harness.emulator.jobs().find(({ input }) => (input as { mark?: string }).mark === 'cancel-me');
    await until('the job runs', () => ledger()?.status === 'IN_PROGRESS');
    await run.cancel();
    const error = await run.result().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunCancelled);
    expect(ledger()?.status).toBe('CANCELLED');
    expect((error as RunCancelled).settlement).toMatchObject({
      jobs: [{ handle: { jobId: ledger()?.id }, settled: 'stopped' }],
    });
    expect((await run.status()).status).toBe('cancelled');
  });

  it('is found and settled when the cancel comes while its POST is on the way', async () => {
    harness.emulator.setFaults([
      { kind: 'delay-answer', endpoint: 'sleep', operation: 'run', delayMs: 2_000, times: 1 },
    ]);
    const run = await harness.relay.start('job', { endpoint: 'local/sleep', input: { ms: 60_000, mark: 'mid-post' } });
    const ledger = () => harness.emulator.jobs().find(({ input }) => (input as { mark?: string }).mark === 'mid-post');
    // Accepted by the provider, not yet answered.
    await until('the provider has the job', ledger);
    await run.cancel();
    const error = await run.result().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunCancelled);
    expect(ledger()?.status).toBe('CANCELLED');
    expect((error as RunCancelled).settlement?.jobs).toMatchObject([
      { handle: { jobId: ledger()?.id }, settled: 'stopped' },
    ]);
  });
});

describe('the history of a job', () => {
  it('has as many events for 30 s as for 1 s, and at most 20', async () => {
    const short = await harness.relay.start('job', { endpoint: 'local/sleep', input: { ms: 1_000 } });
    const events = await Promise.all(
      [short, long].map(async (run) => {
        await run.result();
        return (await run.status()).historyEvents;
      }),
    );
    expect(events[0]).toBe(events[1]);
    expect(events[0]).toBeLessThanOrEqual(20);
  });
});
