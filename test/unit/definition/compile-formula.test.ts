import fc from 'fast-check';
import jsonata from 'jsonata';
import { describe, expect, it } from 'vitest';
import { compileFormula } from '../../../definition/compile-formula.js';
import type { JsonObject, JsonValue } from '../../../job-api/json.js';
import { readFormula } from '../../../workflows/pipelines/formula.js';

/** As the workflow reads it; undefined where it asks for the real thing. */
function read(source: string, variables: JsonObject): JsonValue | undefined {
  const formula = compileFormula(`{% ${source} %}`);
  return formula === undefined ? undefined : readFormula(formula, variables);
}

async function evaluated(source: string, variables: JsonObject): Promise<JsonValue | undefined> {
  const value: unknown = await jsonata(source).evaluate(undefined, variables);
  return value === undefined ? undefined : JSON.parse(JSON.stringify(value));
}

const VARIABLES = {
  input: { n: 2, text: 'red', yes: true, none: null, list: [1, 2], one: [[7]], 'b c': { d: 'e' } },
  steps: { draw: { status: 'completed', output: { url: 'u', size: { w: 3 } } } },
};

describe('a formula', () => {
  it.each([
    ['$steps.draw.output.size.w + 1', 4],
    ['$input.text & " " & $steps.draw.output.url', 'red u'],
    ['$input.n * 2 - 1 / 4', 3.75],
    ['7 % $input.n', 1],
    ['$input', VARIABLES.input],
    ['$input.list', [1, 2]],
    ['$input.one', [[7]]],
    ['$input.none', null],
    ['$input.`b c`.d', 'e'],
    ['$steps.draw.status = "completed" and $input.n >= 2', true],
    ['($input.n < 1) ? "few" : "many"', 'many'],
    ['$input.yes or false', true],
    ['-3', -3],
  ])('is made of %s', async (source, value) => {
    expect(read(source, VARIABLES)).toEqual(value);
    expect(await evaluated(source, VARIABLES)).toEqual(value);
  });

  it.each([
    '$input.list[0]',
    '$input.list[]',
    '$count($input.list)',
    '$uppercase($input.text)',
    '[$input.n]',
    '{"a": $input.n}',
    '$input.*',
    '$input.n ~> $string',
    '($a := 1; $a)',
    '$run.startedAt',
    '$item',
    '$steps',
    '$input.`$artifact`',
    '-$input.n',
    '$input.n ? 1',
    '1 +',
    '',
  ])('is not made of %s', (source) => {
    expect(compileFormula(`{% ${source} %}`)).toBeUndefined();
  });

  it.each([
    ['a field that is missing', '$input.nothing'],
    ['a field that every object inherits', '$input.constructor'],
    ['a list on the way', '$input.list.n'],
    ['operands of two types', '$input.n & $input.text'],
    ['a number that JSON cannot hold', '$input.n / 0'],
    ['text that is added', '$input.text + $input.text'],
    ['lists that are compared', '$input.list = $input.list'],
    ['a condition that is no boolean', '$input.n ? 1 : 2'],
  ])('leaves %s to JSONata', (_, source) => {
    expect(compileFormula(`{% ${source} %}`)).toBeDefined();
    expect(read(source, VARIABLES)).toBeUndefined();
  });

  it('is made of a template with expressions, literals and keys of any name', () => {
    const template = JSON.parse('{"a": ["{% $input.n %}", "red"], "__proto__": {"b": "{% $input.text %}"}, "c": null}');
    const formula = compileFormula(template);
    const filled = JSON.parse('{"a": [2, "red"], "__proto__": {"b": "red"}, "c": null}');
    expect(JSON.stringify(readFormula(JSON.parse(JSON.stringify(formula)), VARIABLES))).toBe(JSON.stringify(filled));
  });

  it('of a template without expressions is the template', () => {
    const template = { a: [1, { b: 'x' }], c: null };
    expect(compileFormula(template)).toEqual({ kind: 'literal', value: template });
  });

  it('never yields anything but what JSONata yields', async () => {
    let plain = 0;
    await fc.assert(
      fc.asyncProperty(sources, values, async (source, input) => {
        const variables = { input, steps: { a: { status: 'completed', output: input } } };
        const value = read(source, variables);
        if (value === undefined) return;
        plain += 1;
        expect(JSON.stringify(value)).toBe(JSON.stringify(await evaluated(source, variables)));
      }),
      { numRuns: 3_000, seed: 1 },
    );
    // Or the comparison would be of nothing.
    expect(plain).toBeGreaterThan(300);
  });
});

const NAMES = ['n', 'm', 'text', 'list', 'b c'];

/** Values in which the names above are found, single items and lists of lists among them. */
const { value: values } = fc.letrec<{ value: JsonValue }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(
      fc.integer({ min: -3, max: 3 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.constantFrom('', 'a', 'b', 'é🎨'),
      fc.boolean(),
      fc.constant(null),
    ),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { noNullPrototype: true }),
  ),
}));

const paths = fc
  .tuple(
    fc.constantFrom('$input', '$steps.a.output', '$steps.a'),
    fc.array(fc.constantFrom(...NAMES), { maxLength: 2 }),
  )
  .map(([head, names]) => [head, ...names.map((name) => `\`${name}\``)].join('.'));

const OPERATORS = ['+', '-', '*', '/', '%', '&', '=', '!=', '<', '<=', '>', '>=', 'and', 'or'];

const { source: sources } = fc.letrec<{ source: string }>((tie) => ({
  source: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.oneof(paths, paths, fc.constantFrom('1', '-2', '0.5', '"a"', '""', 'true', 'false', 'null')),
    fc
      .tuple(tie('source'), fc.constantFrom(...OPERATORS), tie('source'))
      .map(([left, operator, right]) => `(${left}) ${operator} (${right})`),
    fc
      .tuple(tie('source'), tie('source'), tie('source'))
      .map(([condition, then, otherwise]) => `(${condition}) ? (${then}) : (${otherwise})`),
  ),
}));
