import { describe, expect, it } from 'vitest';
import { canonicalJson, inputDigest } from '../../../client/input-digest.js';

describe('canonical JSON', () => {
  it.each([
    ['puts keys in order at every depth', { b: [{ d: 1, c: 2 }], a: null }, '{"a":null,"b":[{"c":2,"d":1}]}'],
    ['keeps the order of lists', [2, 1], '[2,1]'],
    ['escapes strings as JSON does', { 'a"b': 'line\n' }, '{"a\\"b":"line\\n"}'],
    ['keeps a key named __proto__', JSON.parse('{"__proto__":{"x":1}}'), '{"__proto__":{"x":1}}'],
    ['writes an empty object', {}, '{}'],
  ])('%s', (_name, value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});

describe('the digest of an input', () => {
  it('is the same whatever order the keys were written in', () => {
    expect(inputDigest({ endpoint: 'sdxl', input: { a: 1, b: 2 } })).toBe(
      inputDigest({ input: { b: 2, a: 1 }, endpoint: 'sdxl' }),
    );
  });

  it('differs where a value differs', () => {
    expect(inputDigest({ seed: 1 })).not.toBe(inputDigest({ seed: '1' }));
  });

  it('is sha256 of the canonical text', () => {
    expect(inputDigest({})).toBe('44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a');
  });
});
