import { describe, expect, it } from 'vitest';
import { compilePipeline } from '../../../definition/index.js';
import { config } from './config.js';
import { contactSheet, JOB, refusal } from './pipelines.js';

describe('the plan of a pipeline', () => {
  const plan = compilePipeline({ definition: contactSheet, input: { titles: ['a', 'b'] } }, config);

  it('has the steps in the order of the definition, each with what it waits for', () => {
    expect(plan.v).toBe(4);
    expect(plan.name).toBe('contact-sheet');
    expect(plan.steps.map(({ name, kind, needs }) => [name, kind, needs])).toEqual([
      ['draw', 'job', []],
      ['best', 'set', ['draw']],
      ['sheet', 'job', ['best']],
    ]);
    expect(plan.output).toEqual(contactSheet.output);
    expect(plan.input).toEqual({ titles: ['a', 'b'] });
  });

  it('has every default filled in', () => {
    expect(plan.steps[0]).toMatchObject({ concurrency: 8, tolerate: { count: 1 }, onError: 'fail' });
    expect(plan.steps[1]).toMatchObject({ concurrency: 10, tolerate: { count: 0 }, onError: 'fail' });
    expect(plan.steps[2]?.job).toEqual({
      targets: config.endpoints.sheet?.use,
      timeouts: { queueMs: 300_000, runMs: 120_000 },
      retry: { platform: 3, queue: 1, handler: 2, backoff: { firstMs: 1_000, maxMs: 30_000 } },
      onAmbiguousSubmit: 'resubmit',
    });
  });

  it('takes each setting from the innermost level that has it', () => {
    const definition = {
      version: 1,
      defaults: { timeouts: { run: '30s', total: '1h' }, retry: { queue: 5 } },
      steps: {
        a: {
          ...JOB,
          timeouts: { total: 5_000 },
          retry: { platform: 0 },
          policy: { lowPriority: true },
          model: 'm2',
          onAmbiguousSubmit: 'fail',
          outputSchema: { type: 'string' },
        },
        b: JOB,
      },
    };
    const [a, b] = compilePipeline({ definition }, config).steps;
    expect(a?.job).toEqual({
      targets: [{ endpoint: 'draw', provider: 'local', endpointId: 'draw-1', model: 'm2' }],
      timeouts: { queueMs: 60_000, runMs: 30_000, totalMs: 5_000 },
      retry: { platform: 0, queue: 5, handler: 2, backoff: { firstMs: 1_000, maxMs: 30_000 } },
      onAmbiguousSubmit: 'fail',
      lowPriority: true,
      outputSchema: { type: 'string' },
    });
    expect(b?.job?.outputSchema).toEqual({ type: 'object', required: ['image'] });
    expect(b?.job?.timeouts).toEqual({ queueMs: 60_000, runMs: 30_000, totalMs: 3_600_000 });
  });

  it('joins references and needs, each once, in the order of the definition', () => {
    const steps = {
      a: { set: 1 },
      b: { set: 2 },
      c: { set: 3 },
      d: {
        needs: ['c', 'a'],
        when: '{% $steps.b.status = "completed" %}',
        set: ['{% $steps.a.output + $steps.c.output %}'],
      },
      e: { needs: ['a'], set: '{% $steps.* %}' },
    };
    const plan = compilePipeline({ definition: { version: 1, steps } }, config);
    expect(plan.steps.map(({ needs }) => needs.join(' '))).toEqual(['', '', '', 'a b c', 'a']);
    expect(plan.input).toEqual({});
  });

  it('takes what is unusual but right', () => {
    const steps = {
      a: { set: null, onError: 'continue' },
      b: { forEach: [1, '{% $steps.a.output %}'], set: { n: '{% $index %}' }, tolerate: '5%', concurrency: 100 },
      c: { endpoint: ['draw', 'local/x'], input: '{% $steps.b.output[0] %}', when: false },
      d: { endpoint: 'nightly' },
      e: { endpoint: 'nightly', input: {} },
      f: { endpoint: 'draw', input: { token: { $secret: 'HF_TOKEN' }, run: '{% $run.workflowId %}' } },
      g: { set: '{% ($f := function($n) { $n < 1 ? 0 : $f($n - 1) }; $f($input.n)) %}' },
    };
    const plan = compilePipeline({ definition: { version: 1, steps, output: '{% $keys($steps) %}' } }, config);
    expect(plan.steps.map(({ name }) => name)).toEqual(Object.keys(steps));
    expect(plan.steps[1]?.tolerate).toEqual({ percent: 5, exact: true });
    expect(plan.steps[2]?.job?.targets.map(({ endpointId }) => endpointId)).toEqual(['draw-1', 'x']);
    expect(plan.steps[3]).toMatchObject({ body: null, job: { allowEmptyInput: true } });
  });
});

describe('the input of a pipeline is refused where', () => {
  it.each<[string, unknown, string, string]>([
    ['there is none', null, 'InvalidRequest', 'a pipeline takes an object {"definition": …, "input": …}, not null'],
    ['it is a list', [], 'InvalidRequest', 'a pipeline takes an object {"definition": …, "input": …}, not a list'],
    ['it is a text', 'x', 'InvalidRequest', 'a pipeline takes an object {"definition": …, "input": …}, not a string'],
    [
      'it has no definition',
      {},
      'InvalidRequest',
      'definition: is missing: give a definition, or in its place the name of one as "pipeline"',
    ],
    ['the definition is a text', { definition: 'version: 1' }, 'InvalidRequest', 'definition: must be a map'],
    [
      'a pipeline is named',
      { pipeline: 'x', definition: contactSheet },
      'InvalidRequest',
      'pipeline: is a name, and there is no folder to look it up in',
    ],
    [
      'it has another field',
      { definition: contactSheet, inputs: {} },
      'InvalidRequest',
      'inputs: unknown field (did you mean input?)',
    ],
    [
      'the input is null',
      { definition: contactSheet, input: null },
      'InputRejected',
      'input: must be an object, not null',
    ],
    [
      'the input is a list',
      { definition: contactSheet, input: [] },
      'InputRejected',
      'input: must be an object, not a list',
    ],
    ['a field is missing', { definition: contactSheet }, 'InputRejected', 'input.titles: is missing'],
    [
      'several things fail the schema',
      { definition: contactSheet, input: { titles: ['a', 1, null] } },
      'InputRejected',
      'input.titles[1]: must be string\ninput.titles[2]: must be string',
    ],
    [
      'it names a secret that is not allowed',
      { definition: contactSheet, input: { titles: ['a'], deep: [{ $secret: 'PATH' }] } },
      'InputRejected',
      'input.deep[0]: the secret "PATH" may not be used in inputs: name it under "secrets" in jobrelay.yaml',
    ],
  ])('%s', (_, given, type, message) => {
    expect(refusal(given)).toEqual({ type, message });
  });

  it('the check of its schema never ends', () => {
    const definition = { version: 1, input: { properties: { a: { pattern: '^(a+)+$' } } }, steps: { a: { set: 1 } } };
    const given = (text: string) => ({ definition, input: { a: text } });
    expect(refusal(given(`${'a'.repeat(60)}!`))).toEqual({
      type: 'InputRejected',
      message: 'input: cannot be checked against the schema: it takes longer than 500 ms',
    });
    expect(compilePipeline(given('aaa'), config).input).toEqual({ a: 'aaa' });
  });

  it('a schema says so in either draft', () => {
    for (const $schema of ['http://json-schema.org/draft-07/schema#', 'https://json-schema.org/draft/2020-12/schema']) {
      const input = {
        $schema,
        type: 'object',
        properties: { kind: { enum: ['a', 'b'] }, n: { const: 3 } },
        additionalProperties: false,
      };
      const definition = { version: 1, input, steps: { a: { set: 1 } } };
      expect(
        refusal({ definition, input: { kind: 'c', n: 4, x: 1 } })
          .message.split('\n')
          .sort(),
      ).toEqual(['input.kind: must be one of "a", "b"', 'input.n: must be 3', 'input.x: unknown field']);
    }
  });
});
