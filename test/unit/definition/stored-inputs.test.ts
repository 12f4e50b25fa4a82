import { afterAll, describe, expect, it } from 'vitest';
import { parseYaml } from '../../../config/index.js';
import { createExpressionEngine } from '../../../definition/index.js';
import { inspectDefinition } from '../../../definition/inspect.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { config } from './config.js';

const engine = createExpressionEngine({ processes: 1, timeoutMs: 20_000 });
afterAll(() => engine.close());

/** As `jobrelay artifact put` prints it. */
const PICTURE: JsonObject = {
  $artifact: {
    sha256: '5'.repeat(64),
    bytes: 6,
    mediaType: 'image/png',
    encoding: 'base64',
    uri: 'file:///artifacts/55',
  },
};
const SCHEMA = {
  type: 'object',
  required: ['image', 'n'],
  properties: { image: { type: 'string' }, n: { type: 'integer' }, more: { type: 'array', items: { type: 'string' } } },
};
const dependsOnIt = { $dependsOn: ['a stored value'] };

async function bodiesOf(steps: JsonObject, input: JsonValue) {
  const definition = { version: 1, input: SCHEMA, steps };
  const source = parseYaml(JSON.stringify(definition), 'p.yaml');
  const { forecast, failures } = await inspectDefinition({ definition, source }, input, { config, engine });
  return { failures: failures.map(({ text }) => text), bodies: forecast.steps.map(({ bodies }) => bodies) };
}

describe('an input with a reference to what is stored, before a run', () => {
  it('fits its schema, which speaks of the value behind it, and is handed on as it is', async () => {
    const steps = { a: { endpoint: 'draw', input: { image: '{% $input.image %}', n: '{% $input.n + 1 %}' } } };
    expect(await bodiesOf(steps, { image: PICTURE, n: 1, more: ['x', PICTURE] })).toEqual({
      failures: [],
      bodies: [[{ image: PICTURE, n: 2 }]],
    });
  });

  it('is refused for what is wrong beside it', async () => {
    const wrong = bodiesOf({ a: { set: 1 } }, { image: PICTURE, more: [PICTURE, 2] });
    await expect(wrong).rejects.toThrow('input.n: is missing\ninput.more[1]: must be string');
  });

  it('is not known to an expression that reads it, and to no other', async () => {
    const steps = {
      a: {
        forEach: '{% [1, 2] %}',
        set: { length: '{% $length($input.image) %}', n: '{% $item + $input.n %}' },
      },
      b: { set: '{% $uppercase($input.image) %}' },
      c: { when: "{% $contains($input.image, 'x') %}", endpoint: 'draw', input: { n: 1 } },
    };
    expect(await bodiesOf(steps, { image: PICTURE, n: 1 })).toEqual({
      failures: [],
      bodies: [
        [
          { length: dependsOnIt, n: 2 },
          { length: dependsOnIt, n: 3 },
        ],
        [dependsOnIt],
        [{ n: 1 }],
      ],
    });
  });

  it('fits the schema of a nested pipeline, written out or computed', async () => {
    const scene = { version: 1, input: SCHEMA, steps: { draw: { set: '{% $input.image %}' } } };
    const steps = {
      written: { pipeline: scene, input: { image: PICTURE, n: 1 } },
      computed: { pipeline: scene, input: { image: '{% $input.image %}', n: 2 } },
    };
    expect((await bodiesOf(steps, { image: PICTURE, n: 1 })).failures).toEqual([]);
    const wrong = bodiesOf({ written: { pipeline: scene, input: { image: PICTURE, n: 'x' } } }, { image: '', n: 1 });
    await expect(wrong).rejects.toThrow('steps.written.input.n: must be integer');
  });

  it('is no input as a whole', async () => {
    const wrong = bodiesOf({ a: { endpoint: 'draw', input: PICTURE } }, { image: '', n: 1 });
    await expect(wrong).rejects.toThrow('steps.a.input: must be an object, not a file: put the file into a field');
  });
});
