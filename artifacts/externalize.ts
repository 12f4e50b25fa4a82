import type { JsonObject, JsonValue } from '../job-api/json.js';
import { createLimiter } from './concurrency.js';
import { ValueTooLarge } from './errors.js';
import { jsonContent, type LeafContent, leafContent, MIN_FILE_CHARS } from './leaf.js';
import { escapeKey, isObject, readReference, referenceTo } from './reference.js';
import type { ArtifactStore } from './store.js';
import { holdsKey, rewriteValue, visitValue } from './walk.js';

export interface ExternalizeOptions {
  /** A value whose JSON is longer, in UTF-8 and after its large leaves were replaced, becomes one artifact. */
  readonly inlineMaxBytes: number;
  /** A string that is longer in UTF-8 becomes an artifact of its own. 65,536 where absent. */
  readonly leafMaxBytes?: number;
  /**
   * True for plain data from outside, such as a job's output: nothing in it is a reference, whatever it looks like.
   * False for a value that is in stored form already, such as a run's input: its references pass through.
   */
  readonly foreign: boolean;
  /** Objects in a foreign value that are references all the same, since we put them there. */
  readonly references?: ReadonlySet<JsonObject>;
}

/**
 * Brings a value into stored form: small enough for a history, with its large parts in the store. {@link rehydrate} is
 * its inverse. A base64 string or data URL that holds a file of a known kind is stored decoded, whatever its size.
 *
 * Rejects with `ArtifactReferenceInvalid` (`foreign: false` and a malformed reference), `ValueTooLarge` (nested too
 * deep, or a number too large), and with the store's errors.
 */
export async function externalize(
  value: JsonValue,
  store: ArtifactStore,
  { inlineMaxBytes, leafMaxBytes = 65_536, foreign, references }: ExternalizeOptions,
): Promise<JsonValue> {
  const candidates = new Set<string>();
  const smallest = Math.min(MIN_FILE_CHARS, leafMaxBytes / 3); // a UTF-16 unit is at most 3 bytes of UTF-8
  const isReference = (object: JsonObject) =>
    foreign ? references?.has(object) === true : readReference(object) !== undefined;
  const reference = (object: JsonObject) => (isReference(object) ? object : undefined);
  visitValue(value, (node) => {
    if (typeof node === 'string' && node.length >= smallest) candidates.add(node);
    // `1e400` is JSON. Read as Infinity, it would be written as null.
    if (typeof node === 'number' && !Number.isFinite(node))
      throw new ValueTooLarge('a value has a number over 1.8e308');
    return !(isObject(node) && reference(node));
  });
  const stored = await storeLeaves(candidates, store, leafMaxBytes);
  const isUnchanged = stored.size === 0 && !(foreign && holdsKey(value, (key) => escapeKey(key) !== key));
  const whole = isUnchanged
    ? value
    : rewriteValue(value, {
        object: reference,
        string: (text) => stored.get(text),
        ...(foreign && { key: escapeKey }),
      });
  if (isObject(whole) && readReference(whole) !== undefined) return whole;
  const json = JSON.stringify(whole);
  return Buffer.byteLength(json) <= inlineMaxBytes ? whole : storeJson(json, store);
}

/** Stores a JSON text of a value in stored form, and returns the reference. Rejects as the store does. */
export function storeJson(json: string, store: ArtifactStore): Promise<JsonObject> {
  return storeContent(jsonContent(json), store);
}

async function storeLeaves(
  texts: ReadonlySet<string>,
  store: ArtifactStore,
  leafMaxBytes: number,
): Promise<ReadonlyMap<string, JsonObject>> {
  const limited = createLimiter();
  const stored = new Map<string, JsonObject>();
  const storeLeaf = async (text: string) => {
    const content = await leafContent(text, leafMaxBytes);
    if (content !== undefined) stored.set(text, await storeContent(content, store));
  };
  await Promise.all(Array.from(texts, (text) => limited(() => storeLeaf(text))));
  return stored;
}

async function storeContent({ bytes, mediaType, encoding }: LeafContent, store: ArtifactStore): Promise<JsonObject> {
  const { sha256, uri } = await store.put(bytes);
  return referenceTo({ sha256, bytes: bytes.byteLength, mediaType, encoding, uri });
}
