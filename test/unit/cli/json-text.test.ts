import { describe, expect, it } from 'vitest';
import { InputError } from '../../../cli/errors.js';
import { firstError, parseJson } from '../../../cli/json-text.js';

describe('JSON that a person wrote', () => {
  it('is parsed', () => {
    expect(parseJson(' {"a": [1, "x"]} ', '--input')).toEqual({ a: [1, 'x'] });
  });

  it.each([
    ['a missing value', '{"a": }', '--input:1:7: not JSON: unexpected "}"'],
    ['a comma too many', '[1,\n 2,\n]', '--input:3:1: not JSON: unexpected "]"'],
    ['a key without quotes', '{prompt: 1}', '--input:1:2: not JSON: unexpected "prompt"'],
    ['single quotes', "{'a': 1}", '--input:1:2: not JSON: unexpected "\'"'],
    ['a missing end', '{"a": [1, 2', '--input:1:12: not JSON: unexpected end of the text'],
    ['a string that is not closed', '{"a": "x', '--input:1:9: not JSON: unexpected end of the text'],
    [
      'a raw line break in a string',
      '{"a": "x\ny"}',
      '--input:1:9: not JSON: unexpected line break in a string (write \\n)',
    ],
    ['an escape that there is not', '{"a": "\\q"}', '--input:1:8: not JSON: unexpected "\\\\"'],
    ['something after the end', '{} {}', '--input:1:4: not JSON: unexpected "{"'],
    ['a word', 'hello', '--input:1:1: not JSON: unexpected "hello"'],
    ['a number like 01', '[01]', '--input:1:3: not JSON: unexpected "1"'],
    ['nothing', ' \n', '--input is empty: JSON was expected, for instance {"prompt": "a red boat"}'],
  ])('with %s is refused with line and column', (_name, text, message) => {
    expect(() => parseJson(text, '--input')).toThrow(new InputError(message));
  });

  it('with a whole number that would change in silence is refused', () => {
    const seeds = '{"text": "9007199254740993", "fine": 9007199254740992,\n "seed": 18446744073709551615}';
    expect(() => parseJson(seeds, '--input')).toThrow(
      /^--input:2:10: 18446744073709551615 has more digits than a number/,
    );
    expect(parseJson(seeds.replace(/1844\d+/, '0.1234567890123456789'), '--input')).toMatchObject({
      text: '9007199254740993',
    });
  });

  it.each(['{}', '[]', ' [ {"a" : [ ] } , -1.5e+3, "\\u00e9\\n", true, null ] \n', '"x"'])(
    '%j has no error',
    (text) => {
      expect(firstError(text)).toBe(text.length);
    },
  );
});
