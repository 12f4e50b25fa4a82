import { describe, expect, it } from 'vitest';
import { expressionIn, expressionsIn, fillTemplate, problemsInTemplate } from '../../../definition/template.js';
import type { JsonValue } from '../../../job-api/json.js';

const REFERENCE = { sha256: 'ab'.repeat(32), bytes: 3, mediaType: 'image/png', encoding: 'base64' };

describe('a string of a template', () => {
  it.each([
    ['{% $input.a %}', '$input.a'],
    ['{%$input.a%}', '$input.a'],
    ['  {% $input.a %}\n', '$input.a'],
    ['{% (\n  $x := 1;\n  $x\n) %}', '(\n  $x := 1;\n  $x\n)'],
    ['{%%}', ''],
    ['{% "%}" %}', '"%}"'],
    ['plain', undefined],
    ['$input.a', undefined],
    ['Hello {% $input.name %}', undefined],
    ['{% $input.name %}!', undefined],
    ['{ % 1 % }', undefined],
    ['', undefined],
  ])('%j is the expression %j', (text, expression) => {
    expect(expressionIn(text)).toBe(expression);
  });
});

describe('a template', () => {
  const template = { a: '{% 1 %}', b: ['x', '{% 2 %}', { c: '{% 3 %}' }], d: 5, e: null, f: 'literal' };

  it('tells its expressions with their places, in order', () => {
    expect(expressionsIn(template, ['input'])).toEqual([
      { path: ['input', 'a'], source: '1' },
      { path: ['input', 'b', 1], source: '2' },
      { path: ['input', 'b', 2, 'c'], source: '3' },
    ]);
  });

  it('is filled in the same order, and keeps everything else', () => {
    let next = 0;
    const filled = fillTemplate(template, () => ++next);
    expect(filled).toEqual({ a: 1, b: ['x', 2, { c: 3 }], d: 5, e: null, f: 'literal' });
  });

  it('keeps a key that every object inherits as data', () => {
    const filled = fillTemplate(JSON.parse('{"__proto__": "{% 1 %}", "constructor": 2}') as JsonValue, () => 7);
    expect(JSON.stringify(filled)).toBe('{"__proto__":7,"constructor":2}');
    expect(Object.getPrototypeOf(filled)).toBe(Object.prototype);
  });

  it.each<[string, JsonValue, JsonValue]>([
    ['text before an expression', { a: ['Hello {% $input.name %}'] }, [['a', 0]]],
    ['text behind an expression', '{% $input.name %}!', [[]]],
    ['an expression as a key', { '{% $x %}': 1 }, [['{% $x %}']]],
    [
      'a reference that is none',
      { a: [{ $artifact: 'cat.png' }, { $artifact: { sha256: 'x' } }] },
      [
        ['a', 0],
        ['a', 1],
      ],
    ],
    ['a reference with a key beside it', { $artifact: '{% $x %}', or: 1 }, [[]]],
    [
      'a wrong field in one that is made in the run',
      { $artifact: { ...REFERENCE, sha256: '{% $x %}', bytes: 'many' } },
      [[]],
    ],
    ['nothing', { a: '100 %', b: '{ %', c: '{% 1 %}' }, []],
    [
      'references',
      [{ $artifact: REFERENCE }, { $artifact: '{% $x %}' }, { $artifact: { ...REFERENCE, bytes: '{% $x %}' } }],
      [],
    ],
    ['data that looks like one', { $$artifact: 'cat.png' }, []],
  ])('is refused where it holds %s', (_, refused, paths) => {
    expect(problemsInTemplate(refused).map(({ path }) => path)).toEqual(paths);
  });
});
