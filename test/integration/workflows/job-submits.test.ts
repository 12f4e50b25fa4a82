import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Fault } from '../../../emulator/index.js';
import { flakyHandler } from '../../fixtures/flaky-handler.js';
import { failureOfRun, type Harness, startHarness } from '../harness.js';

let harness: Harness;
/** What a handler keeps that does the work of a key once: results, or what they will be. */
const done = new Map<string, Promise<{ readonly works: number }>>();
let works = 0;

beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      flaky: { handler: flakyHandler() },
      once: {
        handler: (input) => {
          const { relay_key: key } = input as { relay_key: string };
          const result = done.get(key) ?? Promise.resolve({ works: ++works });
          done.set(key, result);
          return result;
        },
      },
    },
    configure: (config) => ({
      ...config,
      endpoints: {
        once: {
          alias: 'once',
          use: [{ endpoint: 'once', provider: 'local', endpointId: 'once' }],
          correlation: { field: 'relay_key' },
        },
        flaky: {
          alias: 'flaky',
          use: [{ endpoint: 'flaky', provider: 'local', endpointId: 'flaky' }],
          correlation: { field: 'relay_key' },
        },
      },
    }),
  });
});
afterAll(() => harness.stop());
beforeEach(() => harness.emulator.clearFaults());

const failureOf = (input: object) => failureOfRun(harness.relay, 'job', input);

describe('the submit of a job', () => {
  it('waits out 429 with its Retry-After and a provider that is down, and submits once', async () => {
    harness.emulator.setFaults([
      { kind: 'status', endpoint: 'echo', operation: 'run', httpStatus: 429, retryAfterSeconds: 1, times: 1 },
      { kind: 'status', endpoint: 'echo', operation: 'status', httpStatus: 502, html: true, times: 2 },
    ]);
    const run = await harness.relay.start('job', { endpoint: 'local/echo', input: { mark: 'patience' } });
    expect(await run.result()).toMatchObject({ status: 'COMPLETED', suspectedDuplicates: 0 });
    expect(
      harness.emulator.jobs().filter(({ input }) => (input as { mark?: string }).mark === 'patience'),
    ).toHaveLength(1);
  });

  it.each<Fault>([
    { kind: 'malform-answer', operation: 'run', times: 1 },
    { kind: 'truncate-answer', operation: 'run', times: 1, keep: 0.9 },
    { kind: 'truncate-answer', operation: 'run', times: 1, keep: 0.9, hangUp: true },
  ])('goes on with the job that a broken answer names: %j', async (fault) => {
    const mark = JSON.stringify(fault);
    harness.emulator.setFaults([{ ...fault, endpoint: 'echo' }]);
    const run = await harness.relay.start('job', { endpoint: 'local/echo', input: { mark } });
    const result = await run.result();
    const [job, ...more] = harness.emulator.jobs().filter(({ input }) => Object(input).mark === mark);
    expect(result).toMatchObject({ status: 'COMPLETED', jobId: job?.id, suspectedDuplicates: 0, usage: { jobs: 1 } });
    expect(more).toEqual([]);
  });

  it('submits once more after a lost answer, and counts it', async () => {
    harness.emulator.setFaults([{ kind: 'lose-answer', endpoint: 'echo', operation: 'run', times: 1 }]);
    const run = await harness.relay.start('job', { endpoint: 'local/echo', input: { mark: 'lost' } });
    expect(await run.result()).toMatchObject({
      suspectedDuplicates: 1,
      attempts: [{ outcome: 'SubmitAmbiguous' }, { outcome: 'COMPLETED' }],
    });
    expect(harness.emulator.jobs().filter(({ input }) => (input as { mark?: string }).mark === 'lost')).toHaveLength(2);
  });

  it('fails on a lost answer where a double bill is worse', async () => {
    harness.emulator.setFaults([{ kind: 'lose-answer', endpoint: 'echo', operation: 'run', times: 1 }]);
    const error = await failureOf({ endpoint: 'local/echo', input: { mark: 'lost-fail' }, onAmbiguousSubmit: 'fail' });
    expect(error.type).toBe('SubmitAmbiguous');
    expect(error.details).toMatchObject({ suspectedDuplicates: 1 });
  });

  it('takes a 200 without an id for an ambiguous submit', async () => {
    harness.emulator.setFaults([
      { kind: 'status', endpoint: 'echo', operation: 'run', httpStatus: 200, body: '{"error":"could not queue job"}' },
    ]);
    const error = await failureOf({ endpoint: 'local/echo', input: { a: 1 }, onAmbiguousSubmit: 'fail' });
    expect(error.type).toBe('SubmitAmbiguous');
  });
});

describe('the key of a submit', () => {
  const keysOf = (mark: string) =>
    harness.emulator
      .jobs()
      .map(({ input }) => input as { mark?: string; relay_key?: string })
      .filter((input) => input.mark === mark)
      .map(({ relay_key }) => relay_key);

  it('stays the same after a lost answer, so that a handler does the work once', async () => {
    harness.emulator.setFaults([{ kind: 'lose-answer', endpoint: 'once', operation: 'run', times: 1 }]);
    const input = { mark: 'once', relay_key: 'of an earlier output' };
    const run = await harness.relay.start('job', { endpoint: 'once', input });
    const result = await run.result();
    const { runId } = await harness.temporal.workflow.getHandle(run.workflowId).describe();
    const key = expect.stringMatching(new RegExp(`^${runId}-[0-9a-f]{16}$`));
    expect(result).toMatchObject({
      output: { works: 1 },
      suspectedDuplicates: 1,
      attempts: [
        { outcome: 'SubmitAmbiguous', correlationKey: key },
        { outcome: 'COMPLETED', correlationKey: key, handle: { correlationKey: key } },
      ],
    });
    const keys = keysOf('once');
    expect(keys).toEqual([key, key]);
    expect(new Set(keys).size).toBe(1);
    expect(works).toBe(1);
  });

  it('is another once the handler has failed, and for another run', async () => {
    for (const key of ['one', 'two']) {
      const input = { mark: 'again', key, times: 1 };
      const run = await harness.relay.start('job', { endpoint: 'flaky', input, retry: { handler: 1 } });
      await run.result();
    }
    const keys = keysOf('again');
    expect(keys).toHaveLength(4);
    expect(new Set(keys).size).toBe(4);
    expect(keys).not.toContain(undefined);
  });

  it('is nowhere where the endpoint is named without its alias', async () => {
    await (await harness.relay.start('job', { endpoint: 'local/echo', input: { mark: 'bare' } })).result();
    expect(keysOf('bare')).toEqual([undefined]);
  });
});
