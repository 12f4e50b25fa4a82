import { describe, expect, it } from 'vitest';
import { type ExternalizeOptions, externalize, rehydrate } from '../../../artifacts/index.js';
import type { JsonValue } from '../../../job-api/json.js';
import { asText, awkward, BASE64, createMemoryStore, DATA_URL, FOREIGN, OWN, reference } from './values.js';

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
