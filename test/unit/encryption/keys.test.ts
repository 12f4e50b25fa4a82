import { describe, expect, it } from 'vitest';
import { parseEncryptionKeys } from '../../../encryption/index.js';

const key = (fill: number) => Buffer.alloc(32, fill).toString('base64');

describe('the keys of payloads', () => {
  it('are none where nothing is set', () => {
    expect(parseEncryptionKeys(undefined)).toBeUndefined();
    expect(parseEncryptionKeys(' ')).toBeUndefined();
  });

  it('are read in their order: the first encrypts', () => {
    const keys = parseEncryptionKeys(`2026-11:${key(255)}, 2026-05:${key(2)}\n`);
    expect(keys?.current).toBe('2026-11');
    expect([...(keys?.byId.keys() ?? [])]).toEqual(['2026-11', '2026-05']);
  });

  it.each([
    ['without an id', key(1), 'must be id:key, or several of them with commas between, each key 32 bytes in base64;'],
    ['that is no base64', 'a:*', 'must be id:key'],
    ['among others', `a:${key(1)},b`, '(entry 2 of 2)'],
    ['that is too short', `a:${key(1).slice(0, 24)}`, 'has a key "a" of 18 bytes, not 32'],
    ['with the id of another', `a:${key(1)},a:${key(2)}`, 'has two keys with the id "a"'],
  ])('are refused where there is one %s, without showing it', (_, text, problem) => {
    const refuse = () => parseEncryptionKeys(text);
    expect(refuse).toThrow(problem);
    expect(refuse).toThrow(/^JOBRELAY_ENCRYPTION_KEYS .*; `openssl rand -base64 32` makes a key$/);
    expect(refuse).not.toThrow(key(1).slice(0, 24));
  });
});
