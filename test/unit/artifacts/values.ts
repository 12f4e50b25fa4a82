/** A store in memory, and values that it is tried with. */
import { createHash } from 'node:crypto';
import type { ArtifactRef, ArtifactStore, ExternalizeOptions } from '../../../artifacts/index.js';
import type { JsonValue } from '../../../job-api/json.js';

/** A store in memory that counts. */
export function createMemoryStore() {
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

export const PNG = Buffer.concat([
  Buffer.from('89504e470d0a1a0a0000000d4948445200000001000000010806000000', 'hex'),
  Buffer.from(Array.from({ length: 1500 }, (_, index) => (index * 7) % 256)),
]);
export const BASE64 = PNG.toString('base64');
export const DATA_URL = `data:image/png;base64,${BASE64}`;
export const fake = 'f'.repeat(64);
export const reference = (fields: Partial<ArtifactRef> = {}) => ({
  $artifact: { sha256: fake, bytes: 3, mediaType: 'image/png', encoding: 'base64', ...fields },
});
export const FOREIGN: ExternalizeOptions = { inlineMaxBytes: 1e9, foreign: true };
export const OWN: ExternalizeOptions = { inlineMaxBytes: 1e9, foreign: false };

/** A JSON value with keys that a literal would not define. */
export const parsed = (json: string): JsonValue => JSON.parse(json);
/** Compared by text, since matchers of objects are led astray by an own `constructor` or `__proto__`. */
export const asText = (value: JsonValue): string => JSON.stringify(value);

export const awkward: Readonly<Record<string, JsonValue>> = {
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
