import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { collectRefs, externalize, rehydrate, ValueTooLarge } from '../../../artifacts/index.js';
import { awkward, BASE64, createMemoryStore, DATA_URL, FOREIGN, OWN, PNG, parsed, reference } from './values.js';

describe('externalize', () => {
  it('stores a picture decoded, at any size from 1 KiB, and says what it is', async () => {
    const { store, contents } = createMemoryStore();
    const stored = await externalize({ image: BASE64, url: DATA_URL, small: BASE64.slice(0, 1020) }, store, FOREIGN);
    const sha256 = createHash('sha256').update(PNG).digest('hex');
    const file = { sha256, bytes: PNG.length, mediaType: 'image/png', uri: `memory:${sha256}` };
    expect(stored).toEqual({
      image: { $artifact: { ...file, encoding: 'base64' } },
      url: { $artifact: { ...file, encoding: 'data-url' } },
      small: BASE64.slice(0, 1020),
    });
    expect(Buffer.from(contents.get(sha256) ?? [])).toEqual(PNG);
  });

  it.each(awkward['base64 of other spellings'] as readonly string[])(
    'leaves base64 of another spelling alone (%#)',
    async (text) => {
      const { store } = createMemoryStore();
      expect(await externalize(text, store, FOREIGN)).toBe(text);
    },
  );

  it('counts bytes of UTF-8', async () => {
    const { store } = createMemoryStore();
    const limits = { ...FOREIGN, leafMaxBytes: 1_500 };
    expect(await externalize('漢'.repeat(500), store, limits)).toBe('漢'.repeat(500));
    expect(collectRefs(await externalize('漢'.repeat(501), store, limits))).toHaveLength(1);
    expect(await externalize(['漢'.repeat(8)], store, { ...FOREIGN, inlineMaxBytes: 28 })).toEqual(['漢'.repeat(8)]);
    expect(collectRefs(await externalize(['漢'.repeat(8)], store, { ...FOREIGN, inlineMaxBytes: 27 }))).toHaveLength(1);
  });

  it('keeps the pictures of a value that is stored whole as files of their own', async () => {
    const { store, contents } = createMemoryStore();
    const stored = await externalize({ image: BASE64, title: 'a' }, store, { ...FOREIGN, inlineMaxBytes: 100 });
    const [whole] = collectRefs(stored);
    expect(whole).toMatchObject({ path: [], ref: { encoding: 'json', mediaType: 'application/json' } });
    const json = Buffer.from(contents.get(whole?.ref.sha256 ?? '') ?? []).toString();
    expect(collectRefs(JSON.parse(json))).toMatchObject([{ path: ['image'], ref: { mediaType: 'image/png' } }]);
  });

  it('stores one picture that occurs often once', async () => {
    const { store, seen } = createMemoryStore();
    await externalize(Array(50).fill(BASE64), store, FOREIGN);
    expect(seen.puts).toBe(1);
  });

  it('keeps few of many leaves under way at once', async () => {
    const { store, seen } = createMemoryStore();
    await externalize(
      Array.from({ length: 100 }, (_, index) => `${index} `.repeat(30)),
      store,
      { ...FOREIGN, leafMaxBytes: 20 },
    );
    expect(seen.puts).toBe(100);
    expect(seen.mostAtOnce).toBeGreaterThan(1);
    expect(seen.mostAtOnce).toBeLessThanOrEqual(8);
  });

  it('lets no provider make a reference', async () => {
    const { store } = createMemoryStore();
    const stored = await externalize([reference(), { $$artifact: 1 }], store, FOREIGN);
    expect(collectRefs(stored)).toEqual([]);
    expect(stored).toEqual([{ $$artifact: reference().$artifact }, { $$$artifact: 1 }]);
  });

  it('passes on references and escaped keys of what is our own', async () => {
    const { store, seen } = createMemoryStore();
    const value = { image: reference(), data: { $$artifact: 1 } };
    expect(await externalize(value, store, OWN)).toEqual(value);
    expect(await externalize(reference(), store, { ...OWN, inlineMaxBytes: 0 })).toEqual(reference());
    expect(seen.puts).toBe(0);
  });

  it('refuses a value that is nested too deep to travel', async () => {
    const { store } = createMemoryStore();
    const deep = parsed(`${'{"a":'.repeat(5_000)}1${'}'.repeat(5_000)}`);
    await expect(externalize(deep, store, FOREIGN)).rejects.toThrow(ValueTooLarge);
    await expect(rehydrate(deep, store)).rejects.toThrow(ValueTooLarge);
    expect(() => collectRefs(deep)).toThrow(ValueTooLarge);
  });

  it('refuses a number that would be written as null', async () => {
    const { store } = createMemoryStore();
    await expect(externalize(parsed('{"a":[1e400]}'), store, FOREIGN)).rejects.toThrow(/number/);
    expect(await externalize(parsed('{"a":[1.7976931348623157e308]}'), store, FOREIGN)).toEqual({
      a: [Number.MAX_VALUE],
    });
  });
});
