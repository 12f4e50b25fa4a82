import { describe, expect, it } from 'vitest';
import type { Config } from '../../../config/index.js';
import { compileJob, compilePipeline } from '../../../definition/index.js';
import { config } from './config.js';
import { contactSheet, errorOf, JOB, messageFor, refusal } from './pipelines.js';

describe('a definition is refused, with the place and the remedy, for', () => {
  it.each<[string, unknown, string]>([
    [
      'an unknown step',
      { draw: JOB, sheet: JOB, best: { set: '{% $steps.drafts.output %}' } },
      'steps.best.set: unknown step "drafts" (known: draw, sheet, best)',
    ],
    [
      'a mistyped step',
      { draw: JOB, best: { set: ['{% $steps.darw.output %}'] } },
      'steps.best.set[0]: unknown step "darw" (did you mean draw? known: draw, best)',
    ],
    [
      'an unknown endpoint',
      { a: { endpoint: 'sdxl', input: { a: 1 } } },
      'steps.a.endpoint: endpoint "sdxl" is not in jobrelay.yaml (known: draw, sheet, nightly; or write provider/endpointId with a provider of: local)',
    ],
    [
      'an unknown provider among several endpoints',
      { a: { endpoint: ['draw', 'other/x'], input: { a: 1 } } },
      'steps.a.endpoint[1]: endpoint "other/x": provider "other" is not in jobrelay.yaml (known: local)',
    ],
    [
      'steps that wait for each other',
      { x: { set: '{% $steps.a.output %}' }, a: { set: '{% $steps.b.output %}' }, b: { needs: ['a'], set: 1 } },
      'steps.a: waits for itself: a -> b -> a',
    ],
    ['a step that reads itself', { a: { set: '{% $steps.a.output %}' } }, 'steps.a: waits for itself: a -> a'],
    [
      'an expression that does not parse',
      { a: { set: { x: '{% $sum([1, 2) %}' } } },
      'steps.a.set.x: does not parse: Expected "]", got ")" (near character 11 of 11)',
    ],
    ['an empty expression', { a: { set: '{% %}' } }, 'steps.a.set: the expression is empty'],
    [
      'text and expressions mixed',
      { a: { set: 'Hello {% $input.name %}' } },
      'steps.a.set: mixes text and expressions: a string is one expression from {% to %}, or none; join texts inside it with &',
    ],
    [
      'two expressions in a string',
      { a: { set: '{% $input.first %} {% $input.last %}' } },
      'steps.a.set: mixes text and expressions: a string is one expression from {% to %}, or none; join texts inside it with &',
    ],
    [
      '$item outside of a forEach',
      { a: { set: '{% $item %}' } },
      'steps.a.set: $item exists only in the body of a step with forEach',
    ],
    [
      '$index in a forEach itself',
      { a: { forEach: '{% [$index] %}', set: 1 } },
      'steps.a.forEach: $index exists only in the body of a step with forEach',
    ],
    [
      'an unknown variable',
      { a: { set: '{% $inputs.x + $zzz %}' } },
      'steps.a.set: unknown variable "$inputs" (did you mean $input? known: $input, $steps, $run and the functions of JSONata)\n' +
        'steps.a.set: unknown variable "$zzz" (known: $input, $steps, $run and the functions of JSONata)',
    ],
    [
      'a name without a variable before it',
      { a: { set: '{% input.titles %}' } },
      'steps.a.set: "input" stands alone, where it yields nothing: write $input.input, or $steps.NAME.output.input',
    ],
    [
      '$eval',
      { a: { set: '{% $eval("1") %}' } },
      'steps.a.set: $eval is not available: what it reads could not be seen before it runs',
    ],
    [
      'a computed reference without needs',
      { a: { set: 1 }, b: { set: '{% $lookup($steps, "a") %}' } },
      'steps.b.set: which steps this reads shows only when it runs: write $steps.NAME, or name the steps in "needs" as well',
    ],
    [
      'a field that no step has',
      { a: { set: 1 }, b: { set: '{% $steps.a.result %}' } },
      'steps.b.set: $steps.a has no field "result" (known: status, output, error, errors); its result is in $steps.a.output',
    ],
    ['an unknown step in needs', { a: { set: 1, needs: ['b'] } }, 'steps.a.needs[0]: unknown step "b" (known: a)'],
    ['an unknown field', { a: { ...JOB, inputs: {} } }, 'steps.a.inputs: unknown field (did you mean input?)'],
    [
      'a pipeline by a name that leads nowhere',
      { a: { pipeline: 'captions' } },
      'steps.a.pipeline: "captions" is not known: there is no folder of pipelines; set "pipelines" in jobrelay.yaml',
    ],
    [
      'a step of no kind',
      { a: { when: true } },
      'steps.a: is of no kind: give it "endpoint" and "input" (a job), "set" (a value), "pipeline" or "approval"',
    ],
    [
      'a step of two kinds',
      { a: { ...JOB, set: 1 } },
      'steps.a: is a job and a value at once: give it "endpoint" or "set", not both',
    ],
    ['a job without an input', { a: { endpoint: 'draw' } }, 'steps.a.input: is missing: a job needs an input'],
    [
      'an empty input',
      { a: { endpoint: 'draw', input: {} } },
      'steps.a.input: is empty, and RunPod\'s workers refuse an empty input: put a field in it, or set "allowEmptyInput" for the endpoint in jobrelay.yaml',
    ],
    [
      'an input that is no object',
      { a: { endpoint: 'draw', input: ['x'] } },
      'steps.a.input: must be an object, not a list',
    ],
    [
      'an input that is a text',
      { a: { endpoint: 'draw', input: 'x' } },
      'steps.a.input: must be an object, not a string',
    ],
    [
      'the options of a job on a value',
      { a: { set: 1, timeouts: { run: '1m' } } },
      'steps.a.timeouts: only a step with "endpoint" or "pipeline" has this field',
    ],
    [
      'the options of a forEach without one',
      { a: { set: 1, tolerate: 1 } },
      'steps.a.tolerate: only a step with "forEach" has this field',
    ],
    [
      'a when that is no expression',
      { a: { set: 1, when: '$input.x' } },
      'steps.a.when: must be one expression {% … %}, true or false',
    ],
    [
      'a forEach that is no list',
      { a: { set: 1, forEach: 'all' } },
      'steps.a.forEach: must be one expression {% … %} or a list',
    ],
    [
      'a forEach over too many items',
      { a: { set: 1, forEach: Array.from({ length: 10_001 }, (_, n) => n) } },
      'steps.a.forEach: has 10001 items; at most 10000 can be run',
    ],
    [
      'a wrong duration',
      { a: { ...JOB, timeouts: { run: 'soon' } } },
      'steps.a.timeouts.run: "soon" is not a duration: write one like "90s", "5m" or "1h", or milliseconds as a number; at most 7 days',
    ],
    ['a wrong share', { a: { forEach: [1], set: 1, tolerate: '200%' } }, 'steps.a.tolerate: must be at most 100%'],
    ['a wrong count', { a: { forEach: [1], set: 1, tolerate: -1 } }, 'steps.a.tolerate: must be at least 0'],
    [
      'too much concurrency',
      { a: { forEach: [1], set: 1, concurrency: 1001 } },
      'steps.a.concurrency: must be at most 1000',
    ],
    [
      'a wrong name',
      { Draw: { set: 1 } },
      'steps.Draw: the name of a step begins with a small letter and goes on with letters, digits and _',
    ],
    [
      'a long name',
      { ['x'.repeat(201)]: { set: 1 } },
      `steps["${'x'.repeat(99)}…"]: the name of a step has at most 200 characters`,
    ],
    ['a name that hides', JSON.parse('{"__proto__": {"set": 1}}'), 'steps.__proto__: this name cannot be used'],
    ['no step at all', {}, 'steps: there is no step'],
    ['steps that are no map', [], 'steps: must be a map, not a list'],
    [
      'a secret that the configuration does not allow',
      { a: { endpoint: 'draw', input: { key: { $secret: 'AWS_KEY' } } } },
      'steps.a.input.key: the secret "AWS_KEY" may not be used in inputs: name it under "secrets" in jobrelay.yaml',
    ],
    [
      'a secret in a value, which a job may be given later',
      { a: { set: [{ $secret: 'AWS_KEY' }] } },
      'steps.a.set[0]: the secret "AWS_KEY" may not be used in inputs: name it under "secrets" in jobrelay.yaml',
    ],
    [
      'a secret of another shape',
      { a: { endpoint: 'draw', input: { key: { $secret: 'HF_TOKEN', or: 1 } } } },
      'steps.a.input.key: a secret is {"$secret": NAME} and nothing else, with the name of an environment variable',
    ],
    [
      'credentials written out',
      { a: { ...JOB, s3Config: { accessId: { $secret: 'HF_TOKEN' }, accessSecret: 'hunter2', bucketName: 'b' } } },
      'steps.a.s3Config.accessSecret: credentials do not belong in an input, which every history keeps: write {"$secret": NAME}, with NAME under "secrets" in jobrelay.yaml',
    ],
    [
      'an output schema that is none',
      { a: { ...JOB, outputSchema: { type: 'objekt' } } },
      'steps.a.outputSchema: is not a JSON Schema: data/type must be equal to one of the allowed values, data/type must be array, data/type must match a schema in anyOf',
    ],
    [
      'a key that is an expression',
      { a: { set: { '{% $input.k %}': 1 } } },
      'steps.a.set["{% $input.k %}"]: a key cannot be an expression',
    ],
    [
      'a number that JSON does not have',
      { a: { set: [1, Number.NaN] } },
      'steps.a.set[1]: NaN is not a number JSON can hold',
    ],
  ])('%s', (_, steps, message) => {
    expect(messageFor(steps)).toBe(message);
  });

  it('a wrong version, a wrong field and a wrong step, all at once', () => {
    expect(messageFor({ a: { ...JOB, retry: { handler: 'no' } } }, { version: 2, stpes: {} })).toBe(
      [
        'version: must be 1',
        'steps.a.retry.handler: must be a number, not text',
        'stpes: unknown field (did you mean steps?)',
      ].join('\n'),
    );
  });

  it('every reference that leads nowhere, in all steps and the output', () => {
    const message = messageFor(
      { a: { when: '{% $steps.x.output %}', forEach: '{% $steps.y.output %}', set: '{% $steps.z.output %}' } },
      { output: { q: '{% $steps.w.output %}' } },
    );
    expect(message.split('\n')).toEqual([
      'steps.a.when: unknown step "x" (known: a)',
      'steps.a.forEach: unknown step "y" (known: a)',
      'steps.a.set: unknown step "z" (known: a)',
      'output.q: unknown step "w" (known: a)',
    ]);
  });

  it('a field of the input that its closed schema does not have', () => {
    const input = { type: 'object', properties: { titles: {} }, additionalProperties: false };
    expect(messageFor({ a: { set: '{% $input.title %}' } }, { input })).toBe(
      'steps.a.set: unknown field of $input "title" (did you mean titles? known: titles)',
    );
  });

  it.each([
    ['is none', { type: 5 }, /^input: is not a JSON Schema: /],
    [
      'refers to another place',
      { $ref: 'http://127.0.0.1/schema.json' },
      /^input: is not a JSON Schema that can be used: can't resolve reference http/,
    ],
    [
      'refers to nothing',
      { $ref: '#/$defs/x' },
      /^input: is not a JSON Schema that can be used: can't resolve reference/,
    ],
    [
      'has a wrong pattern',
      { properties: { a: { pattern: '((' } } },
      /^input: is not a JSON Schema that can be used: Invalid regular expression/,
    ],
    [
      'is of an unknown draft',
      { $schema: 'http://json-schema.org/draft-04/schema#' },
      /is not known \(known: draft 2020-12, draft-07\)$/,
    ],
  ])('an input schema that %s', (_, input, message) => {
    expect(messageFor({ a: { set: 1 } }, { input })).toMatch(message);
  });

  it('more than a history holds', () => {
    expect(messageFor({ a: { set: 'x'.repeat(200_000) } })).toBe(
      'the definition is 196 KiB; at most 128 KiB are taken: pass large values in the input',
    );
    const steps = Object.fromEntries(Array.from({ length: 201 }, (_, n) => [`s${n}`, { set: n }]));
    expect(messageFor(steps)).toBe('steps: there are 201 steps; at most 200 are taken');
  });

  it('nesting that would overflow the stack', () => {
    const deep = JSON.parse(`${'['.repeat(10_000)}${']'.repeat(10_000)}`);
    expect(messageFor({ a: { set: deep } })).toBe('is nested deeper than 200 levels');
    expect(refusal({ definition: contactSheet, input: { titles: deep } })).toEqual({
      type: 'InputRejected',
      message: 'is nested deeper than 200 levels',
    });
  });

  it('a long chain of steps that is no cycle', () => {
    const steps = Object.fromEntries(
      Array.from({ length: 200 }, (_, n) => [`s${n}`, { set: n === 199 ? 1 : `{% $steps.s${n + 1}.output %}` }]),
    );
    expect(compilePipeline({ definition: { version: 1, steps } }, config).steps).toHaveLength(200);
  });

  it('hundreds of mistakes, of which it names fifty', () => {
    const steps = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`s${n}`, { set: '{% $nothing %}' }]));
    const error = errorOf(() => compilePipeline({ definition: { version: 1, steps } }, config));
    expect(error.problems).toHaveLength(50);
    expect(error.message.split('\n').at(-1)).toBe('… and 150 more');
    expect(error.details).toEqual({ problems: error.problems });
  });
});

it('a definition is refused for an alias whose output schema is none, before a job is paid for that nothing could pass', () => {
  const broken = { ...config, endpoints: { draw: { ...config.endpoints.draw, outputSchema: { type: 'objekt' } } } };
  const compile = (steps: object) => () => compilePipeline({ definition: { version: 1, steps } }, broken as Config);
  expect(compile({ a: JOB })).toThrow(
    'steps.a.endpoint: the outputSchema of its alias in jobrelay.yaml is not a JSON Schema: data/type must be',
  );
  expect(compile({ a: { ...JOB, outputSchema: { type: 'object' } } })).not.toThrow();
  expect(() => compileJob(JOB, broken as Config)).toThrow('endpoint: the outputSchema of its alias');
});
