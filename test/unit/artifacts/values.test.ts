import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  type ArtifactRef,
  ArtifactReferenceInvalid,
  type ArtifactStore,
  collectRefs,
  type ExternalizeOptions,
  externalize,
  rehydrate,
  ValueTooLarge,
} from '../../../artifacts/index.js';
import type { JsonValue } from '../../../job-api/json.js';

/** A store in memory that counts. */
function createMemoryStore() {
  const contents = new Map<string, Uint8Array>();
  let busy = 0;
  const seen = { puts: 0, gets: [] as string[], mostAtOnce: 0 };
  const store: ArtifactStore = {
    async put(bytes) {
      busy++;
      seen.puts++;
      seen.mostAtOnce = Math.max(seen.mostAtOnce, busy);
      await new Promise((resolve) => setImmediate(resolve));
      busy--;
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      contents.set(sha256, bytes);
      return { sha256, uri: `memory:${sha256}` };
    },
    async get(sha256) {
      seen.gets.push(sha256);
      const bytes = contents.get(sha256);
      if (bytes === undefined) throw new Error(`nothing stored as ${sha256}`);
      return bytes;
    },
  };
  return { store, contents, seen };
}

const PNG = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010806000000', 'hex'),
  Buffer.from(Array.from({ length: 1500 }, (_, index) => (index * 7) % 256)),
]);
const BASE64 = PNG.toString('base64');
const DATA_URL = `data:image/png;base64,${BASE64}`;
const fake = 'f'.repeat(64);
const reference = (fields: Partial<ArtifactRef> = {}) => ({
  $artifact: { sha256: fake, bytes: 3, mediaType: 'image/png', encoding: 'base64', ...fields },
});
const FOREIGN: ExternalizeOptions = { inlineMaxBytes: 1e9, foreign: true };
const OWN: ExternalizeOptions = { inlineMaxBytes: 1e9, foreign: false };

/** A JSON value with keys that a literal would not define. */
const parsed = (json: string): JsonValue => JSON.parse(json);
/** Compared by text, since matchers of objects are led astray by an own `constructor` or `__proto__`. */
const asText = (value: JsonValue): string => JSON.stringify(value);

const awkward: Readonly<Record<string, JsonValue>> = {
  null: null,
  true: true,
  zero: 0,
  'a number': -1.5e300,
  'an empty text': '',
  'an empty list': [],
  'an empty map': {},
  'a large text': 'x'.repeat(70_000),
  'a large text that begins with a byte order mark': `\uFEFF${'x'.repeat(70_000)}`,
  'a large text with half a surrogate pair': `${'x'.repeat(70_000)}\uD83D`,
  'a large text of many languages': 'żółć 漢字 🚀 \u0000 \u2028 '.repeat(5_000),
  'unicode keys': { 'ключ 🚀': ['żółć', '\u0000', '\uD800'] },
  base64: BASE64,
  'a data URL': DATA_URL,
  'data URLs of other spellings': [
    `data:image/PNG;base64,${BASE64}`,
    `data:;base64,${BASE64}`,
    `data:image/png;charset=utf-8;base64,${BASE64}`,
    `data:image/png; charset=utf-8;base64,${BASE64}`,
    `data:image/png;base64;base64,${BASE64}`,
    `DATA:image/png;base64,${BASE64}`,
    `data:image/png,${BASE64}`,
  ],
  'base64 of other spellings': [
    `${BASE64.replaceAll('=', '')}`,
    `${BASE64}=`,
    `${BASE64}\n`,
    ` ${BASE64}`,
    BASE64.replace(/(.{76})/g, '$1\n'),
    BASE64.replaceAll('+', '-').replaceAll('/', '_'),
    `${BASE64.slice(0, -4)}${BASE64.slice(-4).replace(/.(=*)$/, 'z$1')}`,
    'A'.repeat(4096),
  ],
  'a large base64 without a signature': Buffer.alloc(100_000, 1).toString('base64'),
  'keys that look like references': [
    reference(),
    { $artifact: null },
    { $artifact: 1, $$artifact: 2, $$$artifact: 3 },
    { $$artifact: reference() },
    { $artifact: { $artifact: { $artifact: BASE64 } } },
    { $artifacts: 1, artifact: 2, $artifac: 3, '$ artifact': 4 },
  ],
  'a forged reference to a file': reference({ uri: 'file:///etc/passwd' }),
  'keys of every object': parsed(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"toString":1,"hasOwnProperty":2,"a":{"__proto__":null}}',
  ),
  'one picture many times': Array(20).fill({ image: BASE64 }),
  'a deep value': parsed(`${'['.repeat(900)}${']'.repeat(900)}`),
};

describe('a value that is stored and loaded again', () => {
  const limits: Readonly<Record<string, Partial<ExternalizeOptions>>> = {
    'inline where it may': {},
    'as one artifact': { inlineMaxBytes: 0 },
    'with every leaf apart': { leafMaxBytes: 0 },
    'in pieces': { inlineMaxBytes: 64, leafMaxBytes: 8 },
  };
  for (const [how, limit] of Object.entries(limits)) {
    it.each(Object.entries(awkward))(`is the same, ${how}: %s`, async (_, value) => {
      const { store } = createMemoryStore();
      const stored = await externalize(value, store, { ...FOREIGN, ...limit });
      expect(asText(await rehydrate(stored, store))).toBe(asText(value));
    });

    it.each(Object.entries(awkward))(
      `is the same after rounds of storing and loading text, ${how}: %s`,
      async (_, value) => {
        const { store } = createMemoryStore();
        let stored = await externalize(value, store, { ...FOREIGN, ...limit });
        for (const round of [{ inlineMaxBytes: 0 }, limit, { leafMaxBytes: 1 }]) {
          const loaded = await rehydrate(stored, store, { what: 'text' });
          stored = await externalize({ wrapped: [loaded] }, store, { ...OWN, ...round });
          const whole = (await rehydrate(stored, store, { what: 'text' })) as {
            readonly wrapped: readonly [JsonValue];
          };
          stored = whole.wrapped[0];
        }
        expect(asText(await rehydrate(stored, store))).toBe(asText(value));
      },
    );
  }

  it('is the same for values made at random', async () => {
    const { store } = createMemoryStore();
    const random = mulberry32(20_251_122);
    for (let round = 0; round < 300; round++) {
      const value = randomValue(random, 4);
      const limit = { inlineMaxBytes: Math.floor(random() * 400), leafMaxBytes: Math.floor(random() * 50) };
      const stored = await externalize(value, store, { ...FOREIGN, ...limit });
      const again = await externalize(stored, store, { ...OWN, inlineMaxBytes: Math.floor(random() * 400) });
      const text = await rehydrate(again, store, { what: 'text' });
      expect(asText(await rehydrate(stored, store))).toBe(asText(value));
      expect(asText(await rehydrate(again, store))).toBe(asText(value));
      expect(asText(await rehydrate(text, store))).toBe(asText(value));
    }
  });

  it('harms no object beside it', async () => {
    const { store } = createMemoryStore();
    await rehydrate(await externalize(awkward['keys of every object'] ?? null, store, FOREIGN), store);
    expect('polluted' in {}).toBe(false);
  });
});

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
});

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

/** A small generator of numbers with a seed, so that a failure can be seen again. */
function mulberry32(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function randomValue(random: () => number, depth: number): JsonValue {
  const pick = <T>(choices: readonly T[]): T => choices[Math.floor(random() * choices.length)] as T;
  const kind = pick(depth > 0 ? ['scalar', 'text', 'list', 'map', 'map'] : ['scalar', 'text']);
  const many = Array.from({ length: Math.floor(random() * 5) });
  switch (kind) {
    case 'scalar':
      return pick([null, true, false, 0, 1.5, -7]);
    case 'text':
      return pick(['', 'plain', '$artifact', '漢字 🚀', '\uD800', '\uFEFFmark', 'x'.repeat(200), BASE64, DATA_URL]);
    case 'list':
      return many.map(() => randomValue(random, depth - 1));
    default:
      return Object.fromEntries(
        many.map(() => [
          pick(['a', 'b', '', '$artifact', '$$artifact', '$$$artifact', '__proto__', 'constructor', '1']),
          pick([() => randomValue(random, depth - 1), () => reference()])(),
        ]),
      );
  }
}
