import { WorkflowUpdateFailedError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { StepFailedDetails } from '../../../client/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { startWorker } from '../../../worker/index.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness();
});
afterAll(() => harness.stop());

type Steps = Record<string, JsonObject>;

const start = (steps: Steps, { output, input = {} }: { output?: JsonValue; input?: JsonValue } = {}) =>
  harness.relay.start('pipeline', {
    definition: { version: 1, steps, ...(output !== undefined && { output }) } as JsonObject,
    input,
  });
type Started = Awaited<ReturnType<typeof start>>;

/** By name, as any SDK does it. */
const handleOf = ({ workflowId }: Started) => harness.temporal.workflow.getHandle(workflowId);
const approve = (run: Started, request: JsonObject) => handleOf(run).executeUpdate('approve', { args: [request] });
const signal = (run: Started, request: JsonObject) => handleOf(run).signal('approve', request);
const refusalOf = (run: Started, request: JsonObject) =>
  approve(run, request).then(
    (answer) => Promise.reject(new Error(`expected a refusal, got ${JSON.stringify(answer)}`)),
    (error: unknown) => {
      if (!(error instanceof WorkflowUpdateFailedError)) throw error;
      return error.cause as Error & { type?: string };
    },
  );

const waits = (run: Started, step: string, items = 1) =>
  until(`${step} waits for ${items} approvals`, async () => {
    const { approvals = [], steps } = await run.progress();
    return steps[step]?.status === 'waiting' && approvals.filter((one) => one.step === step).length === items;
  });

const REVIEWED: Steps = {
  draft: { endpoint: 'local/echo', input: { text: '{% $input.text %}' } },
  review: { approval: { message: "{% 'Publish ' & $steps.draft.output.text & '?' %}", timeout: '1h' } },
  publish: {
    when: '{% $steps.review.output.approved %}',
    endpoint: 'local/echo',
    input: { text: '{% $steps.draft.output.text %}', by: '{% $steps.review.output.by %}' },
  },
};

// Each waits for a run of its own.
describe.concurrent('an approval', () => {
  it('is waited for, shown, and decided by an update that answers', async () => {
    const run = await start(REVIEWED, { input: { text: 'a red boat' }, output: '{% $steps.publish.output %}' });
    await waits(run, 'review');
    const { approvals, steps } = await run.progress();
    expect(steps.review).toEqual({ status: 'waiting', done: 0, total: 1, failed: 0 });
    expect(approvals).toEqual([
      {
        step: 'review',
        message: 'Publish a red boat?',
        since: expect.stringMatching(/Z$/),
        until: expect.stringMatching(/Z$/),
        onTimeout: 'reject',
      },
    ]);
    const answer = await approve(run, { step: 'review', approved: true, by: 'ada', note: 'well drawn' });
    expect(answer).toMatchObject({ approved: true, by: 'ada', note: 'well drawn', expired: false });
    const result = await run.result();
    expect(result.output).toEqual({ text: 'a red boat', by: 'ada' });
    expect(result.steps.review).toMatchObject({ status: 'completed', jobs: 0 });
    expect((await run.progress()).approvals).toBeUndefined();
  });

  it('that is rejected completes and says so, so that what comes after it can tell', async () => {
    const run = await start(REVIEWED, { input: { text: 'x' }, output: '{% $steps.review.output %}' });
    await waits(run, 'review');
    await signal(run, { step: 'review', approved: false, note: 'too dark' });
    const { output, steps } = await run.result();
    expect(output).toMatchObject({ approved: false, by: null, note: 'too dark', expired: false });
    expect(steps).toMatchObject({ review: { status: 'completed' }, publish: { status: 'skipped', jobs: 0 } });
  });

  it('fails its step where a rejection is to', async () => {
    const run = await start({ review: { approval: { onReject: 'fail' } }, after: { needs: ['review'], set: 1 } });
    await waits(run, 'review');
    await approve(run, { step: 'review', approved: false, by: 'ada', note: 'too dark' });
    const error = await run.result().catch((caught: unknown) => caught);
    expect(error).toMatchObject({
      type: 'StepFailed',
      details: { step: 'review', cause: { type: 'ApprovalRejected', message: 'rejected by ada: too dark' } },
    });
  });

  it.each([
    ['reject', { approved: false, expired: true, by: null }],
    ['approve', { approved: true, expired: true, by: null }],
  ])('that nobody decides in time is taken as onTimeout: %s says', async (onTimeout, expected) => {
    const run = await start({ review: { approval: { timeout: '1s', onTimeout } } });
    const { output } = await run.result();
    expect(output).toMatchObject({ review: expected });
  });

  it.each([[{ onTimeout: 'fail' }], [{ onTimeout: 'reject', onReject: 'fail' }]])(
    'that nobody decides in time fails its step with ApprovalExpired: %j',
    async (more) => {
      const error = await failureOfRun(harness.relay, 'pipeline', {
        definition: { version: 1, steps: { review: { approval: { timeout: '1s', ...more } } } },
      });
      const { step, cause } = error.details as StepFailedDetails;
      expect({ step, cause }).toEqual({
        step: 'review',
        cause: { type: 'ApprovalExpired', message: 'nobody decided within 1.0s' },
      });
    },
  );

  it('of each item is decided by its index, and all are asked for at once', async () => {
    const run = await start({
      review: { forEach: ['a', 'b', 'c'], approval: { message: '{% $item & $string($index) %}' } },
    });
    await waits(run, 'review', 3);
    expect((await run.progress()).approvals?.map(({ index, message }) => [index, message])).toEqual([
      [0, 'a0'],
      [1, 'b1'],
      [2, 'c2'],
    ]);
    await approve(run, { step: 'review', index: 1, approved: false });
    await approve(run, { step: 'review', index: 2, approved: true });
    await approve(run, { step: 'review', index: 0, approved: true });
    const { output } = await run.result();
    expect((output as { review: { approved: boolean }[] }).review.map(({ approved }) => approved)).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('is not asked for where its condition is not met', async () => {
    const run = await start({ review: { when: '{% $input.careful %}', approval: {} } });
    expect((await run.result()).steps.review).toMatchObject({ status: 'skipped' });
  });

  it('fails a forEach over more items than can be asked for at once', async () => {
    const error = await failureOfRun(harness.relay, 'pipeline', {
      definition: { version: 1, steps: { review: { forEach: '{% [1..101] %}', approval: {} } } },
    });
    expect(error.message).toContain('yields 101 items; at most 100 can be run');
  });

  it('ends with the run that is cancelled while it waits', async () => {
    const run = await start(REVIEWED, { input: { text: 'x' } });
    await waits(run, 'review');
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ code: 'RunCancelled' });
    expect(await run.progress()).toMatchObject({ status: 'cancelled', steps: { review: { status: 'cancelled' } } });
  });
});

describe.concurrent('a decision', () => {
  it('is refused, and leaves no trace in the history, where it can mean nothing', async () => {
    const run = await start({
      slow: { endpoint: 'local/sleep', input: { ms: 60_000 } },
      early: { needs: ['slow'], approval: {} },
      each: { forEach: [1, 2], approval: {} },
    });
    await waits(run, 'each', 2);
    const messages: string[] = [];
    for (const request of [
      { step: 'reviw', approved: true },
      { step: 'slow', approved: true },
      { step: 'early', approved: true },
      { step: 'each', approved: true },
      { step: 'each', index: 2, approved: true },
      { step: 'each', index: 0, approved: 'yes' },
    ]) {
      const { type, message } = await refusalOf(run, request);
      expect(type).toBe('ApprovalRefused');
      messages.push(message);
    }
    expect(messages).toEqual([
      'there is no step "reviw" (those of this run: early, each)',
      'step "slow" is no approval (those of this run: early, each)',
      'step "early" does not wait for an approval yet: steps before it have not ended',
      'step "each" asks for an approval of each item: give the index of one, from 0',
      'step "each" asks for 2 approvals: the index is 0 to 1, not 2',
      'approved must be true or false',
    ]);
    const { events } = await handleOf(run).fetchHistory();
    expect(events?.filter((event) => event.workflowExecutionUpdateAcceptedEventAttributes)).toEqual([]);
    await run.cancel();
    await run.result().catch(() => {});
  });

  it('may be repeated, and not be turned round', async () => {
    const run = await start({ one: { approval: {} }, other: { approval: {} } });
    await waits(run, 'one');
    const first = await approve(run, { step: 'one', approved: true, by: 'ada' });
    expect(await approve(run, { step: 'one', approved: true, by: 'bob' })).toEqual(first);
    const { message } = await refusalOf(run, { step: 'one', approved: false });
    expect(message).toMatch(/^one was approved by ada at .*Z, and that stands$/);
    await signal(run, { step: 'one', approved: false });
    await approve(run, { step: 'other', approved: true });
    expect((await run.result()).output).toMatchObject({ one: { approved: true, by: 'ada' } });
  });

  it('that comes as a signal before the step waits is remembered', async () => {
    const run = await start({
      slow: { endpoint: 'local/sleep', input: { ms: 300 } },
      review: { needs: ['slow'], forEach: [1, 2], approval: {} },
    });
    await signal(run, { step: 'review', index: 1, approved: false, by: 'ada' });
    await signal(run, { step: 'nonsense' });
    await waits(run, 'review', 1);
    await approve(run, { step: 'review', index: 0, approved: true });
    const { output } = await run.result();
    expect(output).toMatchObject({ review: [{ approved: true }, { approved: false, by: 'ada' }] });
  });
});

describe('an approval whose worker goes away', () => {
  it('is taken by the next worker, which replays the wait, and refuses what was decided before', async () => {
    const alone = await startHarness({ worker: false });
    const begin = () =>
      startWorker({
        config: alone.config,
        env: {},
        temporal: inject('temporal'),
        taskQueue: alone.taskQueue,
        workflowBundle: inject('workflowBundle'),
        log: () => undefined,
      });
    const first = await begin();
    const run = await alone.relay.start('pipeline', {
      definition: { version: 1, steps: { review: { forEach: ['a', 'b'], approval: {} } } },
    });
    await waits(run, 'review', 2);
    await approve(run, { step: 'review', index: 0, approved: true, by: 'ada' });
    await first.shutdown();

    const second = await begin();
    expect((await refusalOf(run, { step: 'review', index: 0, approved: false })).message).toContain('approved by ada');
    await waits(run, 'review', 1);
    await approve(run, { step: 'review', index: 1, approved: false });
    const { output } = await run.result();
    expect(output).toMatchObject({ review: [{ approved: true, by: 'ada' }, { approved: false }] });
    await second.shutdown();
    await alone.stop();
  });
});
