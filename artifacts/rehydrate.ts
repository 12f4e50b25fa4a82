import type { JsonValue } from '../job-api/json.js';
import { collectRefs } from './collect-refs.js';
import { createLimiter } from './concurrency.js';
import { ValueTooLarge } from './errors.js';
import { leafValue } from './leaf.js';
import { readReference, unescapeKey } from './reference.js';
import type { ArtifactRef, ArtifactStore } from './store.js';
import { holdsKey, rewriteValue } from './walk.js';

export interface RehydrateOptions {
  /**
   * `all` (where absent) gives back the plain value. `text` loads JSON and text but leaves decoded files as references;
   * the value stays in stored form, with its escaped keys, so that it can be stored or sent on. With a function, so does
   * one in which the references are loaded for which it returns true.
   */
  readonly what?: 'all' | 'text' | ((ref: ArtifactRef) => boolean);
  /** The most that the contents may have together, each counted as often as it is referred to. 256 MiB where absent. */
  readonly maxBytes?: number;
  /** What takes the place of a decoded file, such as its address, where that is not its text. Such a file is not loaded. */
  readonly file?: (ref: ArtifactRef) => Promise<string>;
}

/** A value with its contents in place. */
interface Loaded {
  readonly value: JsonValue;
  /** Bytes of all contents in it. */
  readonly bytes: number;
}

/**
 * Puts stored parts back into a value in stored form, by digest alone: `uri` is never looked at. A value without any is
 * returned as it is.
 *
 * Rejects with `ArtifactReferenceInvalid`, `ArtifactMissing`, `ArtifactCorrupt`, or `ValueTooLarge` (over `maxBytes`,
 * found out before it is in memory).
 */
export async function rehydrate(
  value: JsonValue,
  store: ArtifactStore,
  { what = 'all', maxBytes = 256 * 1024 * 1024, file }: RehydrateOptions = {},
): Promise<JsonValue> {
  const isWanted =
    typeof what === 'function'
      ? what
      : ({ encoding }: ArtifactRef) => what === 'all' || encoding === 'json' || encoding === 'text';
  const limited = createLimiter();
  const loading = new Map<string, Promise<Loaded>>();

  const standIn = ({ encoding }: ArtifactRef) => (encoding === 'base64' || encoding === 'data-url' ? file : undefined);

  const load = async (ref: ArtifactRef): Promise<Loaded> => {
    const replace = standIn(ref);
    if (replace !== undefined) return { value: await limited(() => replace(ref)), bytes: 0 };
    const content = leafValue(await limited(() => store.get(ref.sha256)), ref);
    if (ref.encoding !== 'json') return { value: content, bytes: ref.bytes };
    const inner = await resolve(content);
    return { value: inner.value, bytes: ref.bytes + inner.bytes };
  };

  const loadOnce = (ref: ArtifactRef): Promise<Loaded> => {
    const key = contentKey(ref);
    const loaded = loading.get(key) ?? load(ref);
    loading.set(key, loaded);
    return loaded;
  };

  const resolve = async (stored: JsonValue): Promise<Loaded> => {
    const refs = collectRefs(stored)
      .map(({ ref }) => ref)
      .filter(isWanted);
    // Most values are small and whole, and a copy of a thousand items would be worth nothing.
    if (refs.length === 0 && !(what === 'all' && holdsKey(stored, (key) => unescapeKey(key) !== key))) {
      return { value: stored, bytes: 0 };
    }
    checkTotal(
      refs.map((ref) => (standIn(ref) === undefined ? ref.bytes : 0)),
      maxBytes,
    );
    const contents = await Promise.all(refs.map(loadOnce));
    const bytes = checkTotal(
      contents.map((content) => content.bytes),
      maxBytes,
    );
    const byKey = new Map(refs.map((ref, index) => [contentKey(ref), contents[index]]));
    const inPlace = rewriteValue(stored, {
      object: (object) => {
        const ref = readReference(object);
        if (ref === undefined) return undefined;
        const content = byKey.get(contentKey(ref));
        return content === undefined ? object : content.value;
      },
      ...(what === 'all' && { key: unescapeKey }),
    });
    return { value: inPlace, bytes };
  };

  return (await resolve(value)).value;
}

/** Two references with one key have one content; the digest alone is not enough, since bytes decode in several ways. */
function contentKey({ sha256, bytes, encoding, mediaType }: ArtifactRef): string {
  return `${sha256} ${bytes} ${encoding} ${mediaType}`;
}

function checkTotal(sizes: readonly number[], maxBytes: number): number {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  if (total > maxBytes) {
    throw new ValueTooLarge(`a value with its stored parts has over ${maxBytes} bytes; pass on less of it`);
  }
  return total;
}
