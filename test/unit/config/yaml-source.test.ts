import { describe, expect, it } from 'vitest';
import { formatPath, parseYaml, problem, YamlError } from '../../../config/index.js';

const text = `version: 1
endpoints:
  draw:
    use:
      - runpod/abc
      - { id: local/draw, model: sdxl }
    "odd key": x
copy: &shared { a: { b: 1 } }
again: *shared
`;
const source = parseYaml(text, 'jobrelay.yaml');

describe('parseYaml', () => {
  it.each([
    [[], 1, 1],
    [['version'], 1, 1],
    [['endpoints', 'draw'], 3, 3],
    [['endpoints', 'draw', 'use'], 4, 5],
    [['endpoints', 'draw', 'use', 0], 5, 9],
    [['endpoints', 'draw', 'use', 1, 'model'], 6, 27],
    [['endpoints', 'draw', 'use', 7, 'model'], 4, 5],
    [['endpoints', 'draw', 'price', 'perJob'], 3, 3],
    [['endpoints', 'draw', 'use', 0, 'id'], 5, 9],
    [['nothing'], 1, 1],
    [['again', 'a', 'b'], 8, 22],
  ])('says where %j stands', (path, line, column) => {
    expect(source.locate(path as (string | number)[])).toEqual({ line, column });
  });

  it('gives the plain value, aliases written out', () => {
    expect(source.value).toMatchObject({ version: 1, again: { a: { b: 1 } } });
  });

  it('takes JSON, and an empty document as null', () => {
    expect(parseYaml('{"a": [1, "x", null], "<<": 1}', 'a.json').value).toEqual({ a: [1, 'x', null], '<<': 1 });
    expect(parseYaml('', 'a.yaml').value).toBeNull();
    expect(parseYaml('', 'a.yaml').locate(['a'])).toEqual({ line: 1, column: 1 });
  });

  it('keeps keys like __proto__ as data', () => {
    const value = parseYaml('__proto__: { polluted: true }', 'a.yaml').value as object;
    expect(Object.keys(value)).toEqual(['__proto__']);
    expect('polluted' in {}).toBe(false);
  });

  it.each([
    [
      'a tab',
      'a:\n\tb: 1',
      'f.yaml:2:1: a tab in the indentation: YAML allows only spaces there, so replace the tab by spaces',
    ],
    [
      'a tab in a flow map',
      'a: {\n\tb: 1\n}',
      'f.yaml:2:2: a tab in the indentation: YAML allows only spaces there, so replace the tab by spaces',
    ],
    ['a key twice', 'a: 1\na: 2', 'f.yaml:2:1: this key stands twice in its map; remove one'],
    ['a key twice, as a number and as a text', 'a: { 1: x, "1": y }', 'f.yaml:1:12: this key stands twice in its map'],
    ['two documents', '---\na\n---\nb', 'f.yaml:3:1: a second document begins here; a file holds one'],
    [
      'a merge key',
      'a: &a { x: 1 }\nb:\n  <<: *a',
      'f.yaml:3:3: there is no merge key in YAML 1.2: write the fields out, or "<<" in quotes where it is data',
    ],
    ['a tag', 'a: !secret x', 'f.yaml:1:4: tags are not supported; write the value plainly'],
    ['an open quote', 'a: "x', 'f.yaml:1:6: not valid YAML: Missing closing "quote'],
    ['no number', 'a: [1, .nan]', 'f.yaml:1:8: not a number JSON can hold'],
    [
      'a number that loses digits',
      'a: 18446744073709551615',
      'f.yaml:1:4: this has more digits than a number keeps here',
    ],
    ['an unknown alias', 'a: *nowhere', 'f.yaml:1:4: this alias names no anchor above it'],
    ['a list as a key', '? [a]\n: b', 'f.yaml:1:3: a key must be a plain string'],
    [
      'a colon in plain text',
      'a: b: c',
      'f.yaml:1:4: a value here holds ": " or goes on in a deeper line; quote it, or indent it as a map of its own',
    ],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => parseYaml(wrong, 'f.yaml')).toThrow(YamlError);
    expect(() => parseYaml(wrong, 'f.yaml')).toThrow(message);
  });

  it.each([
    'key: ]sk-secret',
    'key: |sk-secret\n b',
    'key: [sk-secret',
    'key: *sk-secret',
    'key: "sk-secret',
    'key: !sk-secret x',
  ])('never quotes a value: %j', (wrong) => {
    expect(() => parseYaml(wrong, 'f.yaml')).toThrow(YamlError);
    expect(() => parseYaml(wrong, 'f.yaml')).not.toThrow(/sk-secret/);
  });

  it('refuses a document that is nested too deep', () => {
    expect(() => parseYaml('['.repeat(20_000), 'f.yaml')).toThrow(/this is nested too deep to be read$/);
  });

  it('refuses aliases that multiply', () => {
    const bomb = ['a: &a [x,x,x,x,x,x,x,x,x,x]'];
    for (const [from, to] of ['ab', 'bc', 'cd', 'de', 'ef']) bomb.push(`${to}: &${to} [${Array(10).fill(`*${from}`)}]`);
    expect(() => parseYaml(bomb.join('\n'), 'f.yaml')).toThrow('aliases repeat too much of the document; write it out');
  });
});

describe('problem', () => {
  it('names file, line, column and path', () => {
    expect(problem(source, ['endpoints', 'draw', 'use', 0], 'is wrong')).toBe(
      'jobrelay.yaml:5:9: endpoints.draw.use[0]: is wrong',
    );
    expect(problem(source, [], 'is wrong')).toBe('jobrelay.yaml:1:1: is wrong');
  });

  it('quotes keys that are no plain words', () => {
    expect(formatPath(['endpoints', 'a.b', 'odd key', 0])).toBe('endpoints["a.b"]["odd key"][0]');
  });
});
