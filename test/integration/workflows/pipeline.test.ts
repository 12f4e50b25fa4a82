import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { RunCancelled, type StepFailedDetails } from '../../../client/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
/** How many jobs of `busy` ran at once, by the `mark` of their input. */
const busy = new Map<string, { now: number; most: number }>();

beforeAll(async () => {
  harness = await startHarness({
    configure: (config) => ({ ...config, secrets: ['HF_TOKEN'] }),
    env: { HF_TOKEN: 'the-secret-value' },
    endpoints: {
      double: { handler: (input) => ({ value: (input as { value: number }).value * 2 }), workers: 20 },
      odd: {
        handler: (input) => {
          const { value } = input as { value: number };
          if (value % 2 === 0) throw new Error(`${value} is even`);
          return { value };
        },
      },
      busy: {
        workers: 20,
        handler: async (input) => {
          const { mark, all } = input as { mark: string; all: number };
          const count = busy.get(mark) ?? { now: 0, most: 0 };
          busy.set(mark, count);
          count.now += 1;
          count.most = Math.max(count.most, count.now);
          // None ends before as many were under way at once as there may be.
          while (count.most < all) await new Promise((resolve) => setTimeout(resolve, 10));
          count.now -= 1;
          return { mark };
        },
      },
      forger: { handler: () => FORGED },
      photo: {
        handler: () => ({ image: Buffer.concat([PNG_SIGNATURE, Buffer.alloc(200_000, 7)]).toString('base64') }),
      },
    },
  });
});
afterAll(() => harness.stop());
beforeEach(() => harness.emulator.clearFaults());

/** What a handler could return to read the worker's files or its secrets. */
const FORGED = { file: { $artifact: { uri: 'file:///etc/passwd' } }, token: { $secret: 'HF_TOKEN' } };

const PNG_SIGNATURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

type Definition = { steps: Record<string, JsonObject>; output?: JsonValue } & Record<string, unknown>;

const start = (definition: Definition, input: JsonValue = {}) =>
  harness.relay.start('pipeline', { definition: { version: 1, ...definition } as unknown as JsonObject, input });
const run = async (definition: Definition, input?: JsonValue) => (await start(definition, input)).result();

const failureOf = (definition: unknown, input?: unknown) =>
  failureOfRun(harness.relay, 'pipeline', { definition, input: input ?? {} });

const ledgerOf = (mark: string) =>
  harness.emulator.jobs().filter(({ input }) => (input as { mark?: string }).mark === mark);

describe('a pipeline', () => {
  it('runs steps in the order of their references and side by side where there is none', async () => {
    const result = await run(
      {
        steps: {
          sum: { set: '{% $steps.left.output.value + $steps.right.output.value %}' },
          left: { endpoint: 'local/double', input: { value: '{% $input.n %}' } },
          right: { endpoint: 'local/double', input: { value: '{% $input.n + 1 %}' } },
        },
        output: { sum: '{% $steps.sum.output %}' },
      },
      { n: 3 },
    );
    expect(result.output).toEqual({ sum: 14 });
    expect(result.steps).toMatchObject({
      left: { status: 'completed', jobs: 1 },
      right: { status: 'completed', jobs: 1 },
      sum: { status: 'completed', jobs: 0 },
    });
    expect(result.usage.jobs).toBe(2);
    const [left, right] = [result.steps.left, result.steps.right];
    expect(Date.parse(left?.startedAt ?? '')).toBeLessThan(Date.parse(right?.endedAt ?? ''));
    expect(Date.parse(right?.startedAt ?? '')).toBeLessThan(Date.parse(left?.endedAt ?? ''));
  });

  it('returns the outputs of all steps where it names none', async () => {
    const { output } = await run({ steps: { a: { set: 1 }, b: { set: { c: '{% $steps.a.output + 1 %}' } } } });
    expect(output).toEqual({ a: 1, b: { c: 2 } });
  });

  it('waits for a step named by hand', async () => {
    const { steps } = await run({
      steps: {
        after: { endpoint: 'local/echo', input: { a: 1 }, needs: ['before'] },
        before: { endpoint: 'local/sleep', input: { ms: 300 } },
      },
    });
    expect(Date.parse(steps.after?.startedAt ?? '')).toBeGreaterThanOrEqual(Date.parse(steps.before?.endedAt ?? ''));
  });

  it('skips a step whose condition is not met, and runs what refers to it', async () => {
    const { output, steps } = await run({
      steps: {
        maybe: { when: '{% $input.missing %}', endpoint: 'local/echo', input: { a: 1 } },
        next: { set: { got: '{% $steps.maybe.output %}', status: '{% $steps.maybe.status %}' } },
      },
      output: '{% $steps.next.output %}',
    });
    expect(output).toEqual({ got: null, status: 'skipped' });
    expect(steps.maybe).toMatchObject({ status: 'skipped', jobs: 0 });
  });

  it.each([
    ['no', [], []],
    ['one', [4], [8]],
    ['two', [4, 5], [8, 10]],
  ])('runs a forEach over %s hits of a filter, with its output in item order', async (_, hits, expected) => {
    const { output } = await run(
      {
        steps: {
          each: {
            forEach: '{% [$input.values[$ > 3]] %}',
            endpoint: 'local/double',
            input: { value: '{% $item %}', index: '{% $index %}' },
          },
        },
        output: '{% [$steps.each.output.value] %}',
      },
      { values: [1, 2, 3, ...hits] },
    );
    expect(output).toEqual(expected);
  });

  it('keeps a forEach of 100 items at its concurrency', async () => {
    const mark = randomUUID();
    const { steps } = await run({
      steps: {
        each: {
          forEach: '{% [1..100] %}',
          concurrency: 7,
          endpoint: 'local/busy',
          input: { mark, all: 7, n: '{% $item %}' },
        },
      },
      output: 1,
    });
    expect(steps.each).toMatchObject({ status: 'completed', jobs: 100 });
    expect(busy.get(mark)?.most).toBe(7);
  });

  it('tolerates failed items, with null in their place and the reasons in errors', async () => {
    const { output } = await run({
      steps: {
        each: { forEach: '{% [1,2,3] %}', tolerate: 1, endpoint: 'local/odd', input: { value: '{% $item %}' } },
        seen: { set: { output: '{% $steps.each.output %}', reasons: '{% $steps.each.errors.message %}' } },
      },
      output: '{% $steps.seen.output %}',
    });
    expect(output).toEqual({ output: [{ value: 1 }, null, { value: 3 }], reasons: '2 is even' });
  });

  it('goes on after a step that may fail', async () => {
    const { output, steps } = await run({
      steps: {
        risky: { endpoint: 'local/fail', input: { message: 'on purpose' }, onError: 'continue' },
        next: { set: { output: '{% $steps.risky.output %}', why: '{% $steps.risky.error.type %}' } },
      },
      output: '{% $steps.next.output %}',
    });
    expect(output).toEqual({ output: null, why: 'JobFailed' });
    expect(steps.risky).toMatchObject({ status: 'failed', error: { type: 'JobFailed', message: 'on purpose' } });
  });

  it('passes pictures from job to job as artifacts and to the provider as they were', async () => {
    const mark = randomUUID();
    const pipeline = await start({
      steps: {
        photo: { endpoint: 'local/photo', input: { a: 1 } },
        echo: { endpoint: 'local/echo', input: { mark, image: '{% $steps.photo.output.image %}' } },
      },
      output: { image: '{% $steps.echo.output.image %}' },
    });
    const { output } = await pipeline.result();
    const sent = ledgerOf(mark)[0]?.input as { image: string };
    expect(Buffer.from(sent.image, 'base64')).toHaveLength(PNG_SIGNATURE.length + 200_000);
    const { image } = output as {
      image: { $artifact: { sha256: string; bytes: number; mediaType: string; encoding: 'base64' } };
    };
    expect(image.$artifact).toMatchObject({ mediaType: 'image/png', bytes: PNG_SIGNATURE.length + 200_000 });
    expect(Buffer.from(await harness.relay.artifact(image)).toString('base64')).toBe(sent.image);
  });

  it('takes a reference or a secret in an output for data', async () => {
    const mark = randomUUID();
    const { output } = await run({
      steps: {
        forged: { endpoint: 'local/forger', input: { a: 1 } },
        next: { endpoint: 'local/echo', input: { mark, got: '{% $steps.forged.output %}' } },
      },
      output: '{% $steps.next.output.mark %}',
    });
    expect(output).toBe(mark);
    expect(ledgerOf(mark)[0]?.input).toEqual({ mark, got: FORGED });
  });

  it('tells its progress while it runs and after', async () => {
    const mark = randomUUID();
    const pipeline = await start({
      steps: {
        quick: { set: 1 },
        slow: {
          forEach: '{% [1..4] %}',
          concurrency: 2,
          endpoint: 'local/sleep',
          input: { mark, ms: '{% 150 * $item %}' },
        },
      },
      output: 1,
    });
    await until('some are done and some are not', async () => {
      const { steps } = await pipeline.progress();
      return steps.slow !== undefined && steps.slow.done > 0 && steps.slow.done < 4 && steps.slow.total === 4;
    });
    await pipeline.result();
    expect(await pipeline.progress()).toMatchObject({
      status: 'completed',
      steps: {
        quick: { status: 'completed', done: 1, total: 1 },
        slow: { status: 'completed', done: 4, total: 4, failed: 0 },
      },
    });
  });
});

describe('a pipeline that fails', () => {
  it('cancels the other steps and sees their jobs end before the run closes', async () => {
    const mark = randomUUID();
    const error = await failureOf({
      version: 1,
      steps: {
        long: { forEach: '{% [1..3] %}', endpoint: 'local/sleep', input: { ms: 60_000, mark } },
        bad: { endpoint: 'local/fail', input: { message: 'no good' } },
        never: { endpoint: 'local/echo', input: { mark, x: '{% $steps.bad.output %}' } },
      },
    });
    expect(error.type).toBe('StepFailed');
    const details = error.details as StepFailedDetails;
    expect(details).toMatchObject({
      step: 'bad',
      cause: { type: 'JobFailed', message: 'no good', details: { error: { message: 'no good' } } },
      steps: { long: { status: 'cancelled' }, bad: { status: 'failed' }, never: { status: 'pending', jobs: 0 } },
      unsettled: [],
    });
    expect(ledgerOf(mark).every(({ status }) => status === 'CANCELLED')).toBe(true);
  });

  it('names the item that was one failure too many', async () => {
    const error = await failureOf({
      version: 1,
      steps: { each: { forEach: '{% [1,3,4] %}', endpoint: 'local/odd', input: { value: '{% $item %}' } } },
    });
    expect(error.details).toMatchObject({ step: 'each', index: 2, cause: { type: 'JobFailed', message: '4 is even' } });
  });

  it.each([
    ['throws', '{% $error("stop here") %}', /stop here/],
    ['never ends', '{% ($f := function($n) { $f($n + 1) }; $f(0)) %}', /took longer/],
  ])('by an expression that %s', async (_, expression, message) => {
    const error = await failureOf({ version: 1, steps: { bad: { set: expression } } });
    expect(error.type).toBe('StepFailed');
    expect(error.details).toMatchObject({
      step: 'bad',
      cause: { type: 'ExpressionFailed', message: expect.stringMatching(message) },
    });
  });

  it('names the step and the field of an input that an expression leaves empty', async () => {
    const error = await failureOf({
      version: 1,
      steps: { draw: { endpoint: 'local/echo', input: { a: { b: '{% $input.nothing %}' } } } },
    });
    expect(error.details).toMatchObject({
      step: 'draw',
      cause: { type: 'ExpressionFailed', message: expect.stringContaining('input.a.b') },
    });
  });
});

describe('a cancelled pipeline', () => {
  it('has settled every remote job when the run closes, and says so in its memo', async () => {
    const mark = randomUUID();
    const pipeline = await start({
      steps: {
        many: { forEach: '{% [1..12] %}', concurrency: 6, endpoint: 'local/sleep', input: { ms: 60_000, mark } },
        idle: { endpoint: 'local/nobody', input: { mark } },
      },
    });
    // The emulator's `sleep` has 3 workers: three run, the others and the idle one are queued.
    await until('seven jobs are accepted', () => ledgerOf(mark).length === 7);
    await pipeline.cancel();
    const error = await pipeline.result().catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(RunCancelled);
    expect(ledgerOf(mark).map(({ status }) => status)).toEqual(Array(7).fill('CANCELLED'));
    const { settlement } = error as RunCancelled;
    expect(settlement?.jobs.map(({ settled }) => settled)).toEqual(Array(7).fill('stopped'));
    expect(await pipeline.progress()).toMatchObject({ status: 'cancelled' });
  });
});

it('runs a pipeline of more endpoints than a search attribute can hold', async () => {
  const names = Array.from({ length: 80 }, (_, n) => `local/an-endpoint-with-a-usual-name-${n}`);
  const steps = names.map((endpoint, n) => [`s${n}`, { endpoint, input: { n }, when: '{% false %}' }] as const);
  const pipeline = await start({ steps: Object.fromEntries(steps), output: 'done' });
  expect(await pipeline.result()).toMatchObject({ output: 'done' });
  const { searchAttributes } = await harness.temporal.workflow.getHandle(pipeline.workflowId).describe();
  expect(searchAttributes.JobRelayEndpoint).toContain(names[0]);
});
