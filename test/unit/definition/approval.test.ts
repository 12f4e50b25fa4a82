import { describe, expect, it } from 'vitest';
import { parseDefinition } from '../../../definition/check-source.js';
import { compileDefinition } from '../../../definition/compile-definition.js';
import { endpointsOf } from '../../../definition/endpoints.js';
import { checkDefinition, compilePipeline, DefinitionError } from '../../../definition/index.js';
import { warningsOf } from '../../../definition/warnings.js';
import { config } from './config.js';

const planOf = (steps: object) => compilePipeline({ definition: { version: 1, steps } }, config).steps;

function messageFor(steps: object): string {
  try {
    planOf(steps);
  } catch (error) {
    if (error instanceof DefinitionError) return error.message;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('the plan of an approval', () => {
  it('has the usual limit of time, and rejects at it', () => {
    expect(planOf({ a: { approval: {} } })).toMatchObject([
      {
        ...{ name: 'a', kind: 'approval', needs: [], concurrency: 100, tolerate: { count: 0 }, onError: 'fail' },
        body: null,
        approval: { timeoutMs: 86_400_000, onTimeout: 'reject', onReject: 'continue' },
      },
    ]);
  });

  it('has what it is given, and waits for what its message reads', () => {
    const [, review] = planOf({
      draft: { set: 'x' },
      review: {
        forEach: '{% $input.items %}',
        approval: {
          message: { draft: '{% $steps.draft.output & $item %}' },
          timeout: '30d',
          onTimeout: 'fail',
          onReject: 'fail',
        },
      },
    });
    expect(review).toMatchObject({
      needs: ['draft'],
      body: { draft: '{% $steps.draft.output & $item %}' },
      approval: { timeoutMs: 2_592_000_000, onTimeout: 'fail', onReject: 'fail' },
    });
  });
});

describe('an approval is refused, with the place and the remedy, for', () => {
  it.each<[string, object, string]>([
    ['no map', { a: { approval: true } }, 'steps.a.approval: must be a map, not a boolean'],
    [
      'an unknown field',
      { a: { approval: { mesage: 'x' } } },
      'steps.a.approval.mesage: unknown field (did you mean message?)',
    ],
    [
      'a time that is none',
      { a: { approval: { timeout: 'soon' } } },
      'steps.a.approval.timeout: "soon" is not a duration: write one like "90s", "5m" or "1h", or milliseconds as a number; at most 365 days',
    ],
    [
      'an end that is none',
      { a: { approval: { onTimeout: 'ignore' } } },
      'steps.a.approval.onTimeout: must be reject, approve or fail',
    ],
    [
      'a second kind',
      { a: { approval: {}, set: 1 } },
      'steps.a: is a value and an approval at once: give it "set" or "approval", not both',
    ],
    [
      'a setting of jobs',
      { a: { approval: {}, timeouts: { total: '1h' } } },
      'steps.a.timeouts: only a step with "endpoint" or "pipeline" has this field',
    ],
    [
      'a concurrency',
      { a: { approval: {}, forEach: [1], concurrency: 2 } },
      'steps.a.concurrency: all approvals of a step are asked for at once: leave it out',
    ],
    [
      'too many items',
      { a: { approval: {}, forEach: Array(101).fill(1) } },
      'steps.a.forEach: has 101 items; at most 100 can be run',
    ],
    [
      'an item where there are none',
      { a: { approval: { message: '{% $item %}' } } },
      'steps.a.approval.message: $item exists only in the body of a step with forEach',
    ],
  ])('%s', (_, steps, message) => {
    expect(messageFor(steps)).toBe(message);
  });

  it('an unknown step in its message, at its line and column', async () => {
    const file = 'review.yaml';
    const text = [
      'version: 1',
      'steps:',
      '  draft: { set: 1 }',
      '  review:',
      '    approval:',
      '      message: "{% $steps.draught.output %}"',
    ].join('\n');
    const problems = await checkDefinition(parseDefinition(text, file), config);
    expect(problems.map((problem) => problem.text)).toEqual([
      'review.yaml:6:7: steps.review.approval.message: unknown step "draught" (did you mean draft? known: draft, review)',
    ]);
  });
});

describe('another output for the failure of a step', () => {
  it('makes its step wait for the steps that it reads', () => {
    const [, risky] = planOf({
      before: { set: 1 },
      risky: { set: 2, onError: { output: { was: '{% $error.message %}', before: '{% $steps.before.output %}' } } },
    });
    expect(risky).toMatchObject({
      needs: ['before'],
      onError: { output: { was: '{% $error.message %}', before: '{% $steps.before.output %}' } },
    });
  });

  it('may be null', () => {
    expect(planOf({ a: { set: 1, onError: { output: null } } })[0]?.onError).toEqual({ output: null });
  });

  it.each<[string, unknown, string]>([
    ['a word', 'ignore', 'steps.a.onError: must be fail, continue or { output: … }'],
    ['nothing in it', {}, 'steps.a.onError.output: is missing'],
    ['another field', { value: 1, output: 1 }, 'steps.a.onError.value: unknown field (known: output)'],
    [
      'an item',
      { output: '{% $item %}' },
      'steps.a.onError.output: $item exists only in the body of a step with forEach',
    ],
    ['an unknown step', { output: '{% $steps.b.output %}' }, 'steps.a.onError.output: unknown step "b" (known: a)'],
    ['its own step', { output: '{% $steps.a.error %}' }, 'steps.a: waits for itself: a -> a'],
  ])('is refused for %s', (_, onError, message) => {
    expect(messageFor({ a: { set: 1, forEach: [1], onError } })).toBe(message);
  });
});

describe('a warning of an approval that nobody reads', () => {
  const warningsFor = (steps: object) =>
    warningsOf(compileDefinition({ version: 1, steps }, endpointsOf(config)).plan).map(({ path, message }) => [
      path.join('.'),
      message,
    ]);

  it('names the steps that run whatever is decided', () => {
    expect(warningsFor({ a: { approval: {} }, b: { needs: ['a'], set: 1 }, c: { needs: ['b'], set: 1 } })).toEqual([
      [
        'steps.a.approval',
        'b waits for it and runs also where it is rejected: write when: "{% $steps.a.output.approved %}" there, or onReject: fail here',
      ],
    ]);
  });

  it.each<[string, object]>([
    ['a condition reads it', { a: { approval: {} }, b: { when: '{% $steps.a.output.approved %}', set: 1 } }],
    ['an input reads it', { a: { approval: {} }, b: { set: { was: '{% $steps.a.output %}' } } }],
    ['all steps are read', { a: { approval: {} }, b: { needs: ['a'], set: '{% $count($steps.*) %}' } }],
    ['a rejection fails it', { a: { approval: { onReject: 'fail' } }, b: { needs: ['a'], set: 1 } }],
    ['nothing waits for it', { a: { approval: {} }, b: { set: 1 } }],
  ])('is not given where %s', (_, steps) => {
    expect(warningsFor(steps)).toEqual([]);
  });
});
