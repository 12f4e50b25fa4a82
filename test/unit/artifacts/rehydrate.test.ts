import { describe, expect, it } from 'vitest';
import {
  type ArtifactRef,
  ArtifactReferenceInvalid,
  collectRefs,
  externalize,
  rehydrate,
  ValueTooLarge,
} from '../../../artifacts/index.js';
import type { JsonValue } from '../../../job-api/json.js';
import { BASE64, createMemoryStore, FOREIGN, fake, OWN, PNG, reference } from './values.js';

describe('rehydrate', () => {
  it('of text loads JSON and text, and leaves files and escaped keys', async () => {
    const { store } = createMemoryStore();
    const value = { image: BASE64, note: 'n'.repeat(70_000), $artifact: 1 };
    const stored = await externalize(value, store, { ...FOREIGN, inlineMaxBytes: 100 });
    expect(await rehydrate(stored, store, { what: 'text' })).toMatchObject({
      image: { $artifact: { encoding: 'base64' } },
      note: value.note,
      $$artifact: 1,
    });
  });

  it('goes by the digest alone, whatever the uri says', async () => {
    const { store, seen } = createMemoryStore();
    const { sha256 } = await store.put(PNG);
    const value = { image: reference({ sha256, bytes: PNG.length, uri: 'file:///etc/passwd' }) };
    expect(await rehydrate(value, store)).toEqual({ image: BASE64 });
    expect(seen.gets).toEqual([sha256]);
  });

  it('reads an artifact that occurs often once', async () => {
    const { store, seen } = createMemoryStore();
    await rehydrate(await externalize(Array(50).fill({ image: BASE64 }), store, FOREIGN), store);
    expect(seen.gets).toHaveLength(1);
  });

  it.each<[string, Partial<Record<keyof ArtifactRef, unknown>>]>([
    ['sha256 must be 64 lower-case hex digits', { sha256: '../../etc/passwd' }],
    ['sha256 must be 64 lower-case hex digits', { sha256: 'F'.repeat(64) }],
    ['sha256 must be 64 lower-case hex digits', { sha256: `${fake}\n` }],
    ['bytes must be a whole number', { bytes: -1 }],
    ['bytes must be a whole number', { bytes: '3' }],
    ['mediaType must be like "image/png"', { mediaType: 'image/png\r\nx: y' }],
    ['mediaType must be like "image/png"', { mediaType: 'image/png;base64,AAAA' }],
    ['encoding must be json, text, base64 or data-url', { encoding: 'hex' }],
    ['uri must be a string', { uri: 1 }],
    ['it has unknown fields', { path: '/etc' } as object],
  ])('refuses a reference where %s', async (why, fields) => {
    const { store, seen } = createMemoryStore();
    const value = [{ $artifact: { ...reference().$artifact, ...fields } }] as JsonValue;
    const message = `an object with the key "$artifact" is not a reference to an artifact: ${why}; write the key "$$artifact" where it is data`;
    await expect(rehydrate(value, store)).rejects.toThrow(new ArtifactReferenceInvalid(message));
    await expect(rehydrate(value, store, { what: 'text' })).rejects.toThrow(ArtifactReferenceInvalid);
    await expect(externalize(value, store, OWN)).rejects.toThrow(ArtifactReferenceInvalid);
    expect(() => collectRefs(value)).toThrow(ArtifactReferenceInvalid);
    expect(seen.gets).toEqual([]);
  });

  it.each<[string, JsonValue]>([
    ['has other keys', { ...reference(), title: 'x' }],
    ['is null', { $artifact: null }],
    ['is a list', { $artifact: [] }],
  ])('refuses a reference that %s', async (_, value) => {
    await expect(rehydrate(value, createMemoryStore().store)).rejects.toThrow(ArtifactReferenceInvalid);
  });

  it('refuses a reference that lies about its content', async () => {
    const { store } = createMemoryStore();
    const { sha256 } = await store.put(PNG);
    const bytes = PNG.length;
    await expect(rehydrate(reference({ sha256, bytes: 5 }), store)).rejects.toThrow(
      `a reference to artifact ${sha256} says 5 bytes, but it has ${bytes}`,
    );
    for (const encoding of ['json', 'text'] as const) {
      await expect(rehydrate(reference({ sha256, bytes, encoding }), store)).rejects.toThrow(
        `a reference says that artifact ${sha256} is ${encoding}, but it is not`,
      );
    }
  });

  it('refuses more than a process should hold before reading it', async () => {
    const { store, seen } = createMemoryStore();
    const value = Array(10).fill(reference({ bytes: 1_000 }));
    await expect(rehydrate(value, store, { maxBytes: 9_999 })).rejects.toThrow(ValueTooLarge);
    expect(seen.gets).toEqual([]);
  });

  it('refuses references within references that multiply', async () => {
    const { store } = createMemoryStore();
    let value: JsonValue = 'x'.repeat(100);
    for (let level = 0; level < 12; level++) {
      value = await externalize(Array(10).fill(value), store, { ...OWN, inlineMaxBytes: 0, leafMaxBytes: 10 });
    }
    await expect(rehydrate(value, store)).rejects.toThrow(ValueTooLarge);
  });
});

it('finds references with their paths, in order', async () => {
  const a = reference();
  const b = reference({ encoding: 'json' });
  expect(collectRefs({ list: [1, a, { b }], a })).toEqual([
    { path: ['list', 1], ref: a.$artifact },
    { path: ['list', 2, 'b'], ref: b.$artifact },
    { path: ['a'], ref: a.$artifact },
  ]);
  expect(collectRefs(a)).toEqual([{ path: [], ref: a.$artifact }]);
});
