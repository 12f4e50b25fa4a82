import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { StepFailedDetails } from '../../../client/index.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { failureOfRun, type Harness, startHarness, until } from '../harness.js';

let harness: Harness;
/** Jobs of `mixed` that were begun, by the `mark` of their input. */
const underWay = new Map<string, number>();
beforeAll(async () => {
  harness = await startHarness({
    endpoints: {
      // Fails once the others are under way, which go on until they are cancelled.
      mixed: {
        workers: 3,
        handler: async (input, { signal }) => {
          const { mark, fails } = input as { mark: string; fails: boolean };
          underWay.set(mark, (underWay.get(mark) ?? 0) + 1);
          while (!signal.aborted && !(fails && underWay.get(mark) === 3)) await delay(10);
          throw new Error('no such model');
        },
      },
    },
  });
});
afterAll(() => harness.stop());

type Steps = Record<string, JsonObject>;

const start = (steps: Steps, input: JsonValue = {}) =>
  harness.relay.start('pipeline', { definition: { version: 1, steps } as JsonObject, input });

const FAILING = { endpoint: 'local/fail', input: { message: 'no such model' } };
const seen = (name: string) => ({
  set: {
    output: `{% $steps.${name}.output %}`,
    status: `{% $steps.${name}.status %}`,
    why: `{% $steps.${name}.error.type %}`,
  },
});

describe('a step with another output for its failure', () => {
  it('goes on with it where a value cannot be made, which others wait for', async () => {
    const run = await start({
      risky: { set: '{% $error("no") %}', onError: { output: '{% "made of " & $error.type %}' } },
      next: { set: '{% $uppercase($steps.risky.output) %}' },
      last: { set: '{% $length($steps.next.output) %}' },
      beside: { set: '{% $uppercase("ok") %}' },
    });
    const { output, steps } = await run.result();
    expect(output).toEqual({
      risky: 'made of ExpressionFailed',
      next: 'MADE OF EXPRESSIONFAILED',
      last: 24,
      beside: 'OK',
    });
    expect(steps.risky).toMatchObject({ status: 'failed', error: { type: 'ExpressionFailed' } });
  });

  it.each<[string, JsonObject, JsonValue]>([
    ['as it is written', { output: { text: '', tags: [] } }, { text: '', tags: [] }],
    [
      'made of the error, of the input and of other steps',
      { output: { why: '{% $error.type & ": " & $error.message %}', of: '{% [$input.text, $steps.before.output] %}' } },
      { why: 'JobFailed: no such model', of: ['a red boat', 1] },
    ],
    ['nothing', { output: '{% $input.missing %}' }, null],
  ])('goes on with it, %s, and keeps status and error', async (_, onError, expected) => {
    const run = await start(
      { before: { set: 1 }, risky: { ...FAILING, onError }, next: seen('risky') },
      { text: 'a red boat' },
    );
    const { output, steps } = await run.result();
    expect(output).toMatchObject({ next: { output: expected, status: 'failed', why: 'JobFailed' } });
    expect(steps.risky).toMatchObject({
      status: 'failed',
      jobs: 1,
      error: { type: 'JobFailed', message: 'no such model' },
      endedAt: expect.any(String),
    });
  });

  it('has it in place of the whole list where a forEach fails, once its other jobs are settled', async () => {
    const mark = randomUUID();
    const run = await start({
      each: {
        forEach: [false, true, false],
        endpoint: 'local/mixed',
        input: { mark, fails: '{% $item %}' },
        onError: { output: ['none'] },
      },
      next: seen('each'),
    });
    const { output } = await run.result();
    expect(output).toMatchObject({ next: { output: ['none'], status: 'failed' } });
    const ends = harness.emulator.jobs().filter(({ input }) => (input as { mark?: string }).mark === mark);
    expect(ends.map(({ status }) => status).sort()).toEqual(['CANCELLED', 'CANCELLED', 'FAILED']);
  });

  it.each<[string, JsonObject, string]>([
    ['an expression that fails', { set: '{% $error("stop") %}' }, 'ExpressionFailed'],
    ['an approval that nobody gave', { approval: { timeout: '1s', onTimeout: 'fail' } }, 'ApprovalExpired'],
  ])('has it for %s', async (_, step, type) => {
    const run = await start({ risky: { ...step, onError: { output: '{% $error.type %}' } } });
    expect((await run.result()).output).toEqual({ risky: type });
  });

  it('fails the run where that cannot be evaluated either, with both reasons', async () => {
    const error = await failureOfRun(harness.relay, 'pipeline', {
      definition: { version: 1, steps: { risky: { ...FAILING, onError: { output: '{% $number("x") %}' } } } },
    });
    const { step, cause } = error.details as StepFailedDetails;
    expect({ step, type: cause.type }).toEqual({ step: 'risky', type: 'ExpressionFailed' });
    expect(cause.message).toMatch(/onError\.output: .*\(the step had failed with JobFailed: no such model\)$/s);
  });

  it('is not given it where another step fails the run in the same moment', async () => {
    const error = await failureOfRun(harness.relay, 'pipeline', {
      definition: {
        version: 1,
        steps: {
          risky: { endpoint: 'local/echo', input: { v: '{% $error("no") %}' }, onError: { output: 'none' } },
          wrong: { set: '{% $error("stop") %}' },
        },
      },
    });
    const { step, steps } = error.details as StepFailedDetails;
    expect({ step, statuses: Object.values(steps).map(({ status }) => status) }).toEqual({
      step: 'wrong',
      statuses: ['failed', 'failed'],
    });
  });

  it('is not given it where the run was cancelled', async () => {
    const run = await start({
      slow: { endpoint: 'local/sleep', input: { ms: 60_000 }, onError: { output: 1 } },
    });
    await until('its job runs', async () =>
      (await run.status()).pendingActivities.some(({ type }) => type === 'awaitJob'),
    );
    await run.cancel();
    await expect(run.result()).rejects.toMatchObject({ code: 'RunCancelled' });
    expect((await run.progress()).steps.slow?.status).toBe('cancelled');
  });
});
