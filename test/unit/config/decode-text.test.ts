import { describe, expect, it } from 'vitest';
import { decodeText, YamlError } from '../../../config/index.js';

const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16();
const decode = (bytes: Uint8Array) => decodeText(bytes, 'a.yaml');

describe('the text of a file', () => {
  it.each(['', 'a', 'version: 1', '\uFEFFversion: 1', 'Grüße, 日本 🚀', 'an old mistake: \uFFFD'])(
    'in UTF-8 is it: %j',
    (text) => {
      expect(decode(Buffer.from(text))).toBe(text);
    },
  );

  it.each([
    ['UTF-16', Buffer.from('\uFEFFversion: 1', 'utf16le')],
    ['UTF-16', utf16be('\uFEFFversion: 1')],
    ['UTF-16', Buffer.from('version: 1', 'utf16le')],
    ['UTF-16', utf16be('version: 1')],
    ['UTF-32', Buffer.from([0xff, 0xfe, 0, 0, 0x76, 0, 0, 0])],
    ['UTF-32', Buffer.from([0, 0, 0xfe, 0xff, 0, 0, 0, 0x76])],
    ['UTF-32', Buffer.from([0x76, 0, 0, 0])],
  ])('in %s is refused by the name of that, however it is marked', (encoding, bytes) => {
    expect(() => decode(bytes)).toThrow(`a.yaml:1:1: this file is in ${encoding}: save it as UTF-8`);
  });

  it.each([
    ['Latin-1', Buffer.from('a: 1\nb: café', 'latin1'), '2:7'],
    ['a letter that breaks off', Buffer.from('é').subarray(0, 1), '1:1'],
  ])('in what is no UTF-8 is refused where that begins: %s', (_, bytes, place) => {
    expect(() => decode(bytes)).toThrow(YamlError);
    expect(() => decode(bytes)).toThrow(`a.yaml:${place}: not UTF-8 from here on`);
  });
});
