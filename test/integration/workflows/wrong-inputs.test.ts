import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { failureOfRun, type Harness, startHarness } from '../harness.js';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ endpoints: { 'long-text': { handler: () => 'x'.repeat(11_000_000) } } });
});
afterAll(() => harness.stop());

const failureOf = (definition: unknown, input?: unknown) =>
  failureOfRun(harness.relay, 'pipeline', { definition, input: input ?? {} });

describe('a run with a wrong input', () => {
  const steps = { a: { endpoint: 'local/echo', input: { x: 1 } } };
  it.each<[string, unknown, unknown, string, RegExp]>([
    ['no definition', undefined, {}, 'InvalidRequest', /definition/],
    ['a definition that is a list', [], {}, 'InvalidRequest', /definition/],
    ['no steps', { version: 1, steps: {} }, {}, 'DefinitionInvalid', /steps/],
    [
      'an unknown field',
      { version: 1, steps: { a: { endpoint: 'local/echo', input: { x: 1 }, retires: {} } } },
      {},
      'DefinitionInvalid',
      /retires.*retry|retires/,
    ],
    [
      'an unknown provider',
      { version: 1, steps: { a: { endpoint: 'nowhere/x', input: { x: 1 } } } },
      {},
      'DefinitionInvalid',
      /nowhere/,
    ],
    [
      'an unknown alias',
      { version: 1, steps: { a: { endpoint: 'sdxl', input: { x: 1 } } } },
      {},
      'DefinitionInvalid',
      /endpoint "sdxl" is not in jobrelay\.yaml/,
    ],
    [
      'an unknown step',
      { version: 1, steps: { ...steps, b: { set: '{% $steps.nope.output %}' } } },
      {},
      'DefinitionInvalid',
      /nope/,
    ],
    [
      'a cycle',
      { version: 1, steps: { a: { set: '{% $steps.b.output %}' }, b: { set: '{% $steps.a.output %}' } } },
      {},
      'DefinitionInvalid',
      /a -> b -> a/,
    ],
    [
      'an expression that does not parse',
      { version: 1, steps: { a: { set: '{% $input. %}' } } },
      {},
      'DefinitionInvalid',
      /steps\.a\.set/,
    ],
    [
      'an empty job input',
      { version: 1, steps: { a: { endpoint: 'local/echo', input: {} } } },
      {},
      'DefinitionInvalid',
      /empty/,
    ],
    [
      'an input that fails the schema',
      { version: 1, input: { type: 'object', required: ['n'] }, steps },
      {},
      'InputRejected',
      /n/,
    ],
  ])('fails at once for %s', async (_, definition, input, type, message) => {
    const error = await failureOf(definition, input);
    expect(error.type).toBe(type);
    expect(error.message).toMatch(message);
  });

  it.each([
    ['null', 'pipeline', null],
    ['a number', 'pipeline', 7],
    ['a list', 'job', ['x']],
    ['a text', 'job', 'x'],
    ['nothing at all', 'job', undefined],
    ['an unknown endpoint', 'job', { endpoint: 'sdxl', input: { a: 1 } }],
    ['an empty input', 'job', { endpoint: 'local/echo', input: {} }],
    ['a field too many', 'job', { endpoint: 'local/echo', input: { a: 1 }, hedge: { max: 1 } }],
    ['a duration that is none', 'job', { endpoint: 'local/echo', input: { a: 1 }, timeouts: { run: 'soon' } }],
  ])('never fails its workflow task: %s as the input of a %s', async (_, type, input) => {
    const handle = await harness.temporal.workflow.start(type as string, {
      taskQueue: harness.taskQueue,
      workflowId: randomUUID(),
      args: input === undefined ? [] : [input],
    });
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: expect.stringMatching(/InvalidRequest|InputRejected|EndpointNotFound/) },
    });
    const { events } = await handle.fetchHistory();
    expect(events?.some((event) => event.workflowTaskFailedEventAttributes)).toBe(false);
  });

  it('names the largest field of a body over the limit', async () => {
    const error = await failureOf({
      version: 1,
      steps: {
        text: { endpoint: 'local/long-text', input: { a: 1 } },
        big: { endpoint: 'local/echo', input: { text: '{% $steps.text.output %}', small: 1 } },
      },
    });
    expect(error.details).toMatchObject({
      step: 'big',
      cause: { type: 'PayloadTooLarge', message: expect.stringContaining('text (11000002 bytes)') },
    });
  });
});
