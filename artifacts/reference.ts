/**
 * How a reference stands in a JSON value, and how data that merely looks like one is told apart.
 *
 * A value in *stored form* may hold references, `{"$artifact": {…}}`, and names of secrets, `{"$secret": NAME}`. So that
 * data can hold any key, a key of the data that is one of the two behind any number of further `$` gets one more `$` on
 * the way into the stored form, and loses one on the way out. A provider's answer goes through that escape, so nothing
 * it sends is ever taken for a reference or, in the input of the next job, for a secret to fill in.
 */
import type { JsonObject, JsonValue } from '../job-api/json.js';
import { ArtifactReferenceInvalid } from './errors.js';
import type { ArtifactRef } from './store.js';

const KEY = '$artifact';
const ESCAPABLE = /^\$+(?:artifact|secret)$/;
const ESCAPED = /^\$\$+(?:artifact|secret)$/;
const DIGEST = /^[0-9a-f]{64}$/;
const TOKEN = "[A-Za-z0-9!#$&^_.+'-]+";
const MEDIA_TYPE = new RegExp(`^${TOKEN}/${TOKEN}(?:; ?${TOKEN}=${TOKEN})*$`);
const ENCODINGS: ReadonlySet<unknown> = new Set<ArtifactRef['encoding']>(['json', 'text', 'base64', 'data-url']);
const FIELDS: ReadonlySet<string> = new Set(['sha256', 'bytes', 'mediaType', 'encoding', 'uri']);

export function escapeKey(key: string): string {
  return ESCAPABLE.test(key) ? `$${key}` : key;
}

export function unescapeKey(key: string): string {
  return ESCAPED.test(key) ? key.slice(1) : key;
}

/** True for the hex digest of an artifact; checked before a digest becomes part of a path. */
export function isDigest(text: string): boolean {
  return DIGEST.test(text);
}

/** True for `type/subtype`, with or without parameters: what may stand in the head of a data URL. */
export function isMediaType(text: string): boolean {
  return text.length <= 255 && MEDIA_TYPE.test(text);
}

/** The reference as it stands in a value. */
export function referenceTo(ref: ArtifactRef): JsonObject {
  const { sha256, bytes, mediaType, encoding, uri } = ref;
  return { [KEY]: { sha256, bytes, mediaType, encoding, ...(uri !== undefined && { uri }) } };
}

/**
 * The reference that an object in stored form is, or undefined where it is plain data. Throws
 * {@link ArtifactReferenceInvalid} for an object that has the key but not the shape.
 */
export function readReference(value: JsonObject): ArtifactRef | undefined {
  if (!Object.hasOwn(value, KEY)) return undefined;
  const ref = value[KEY];
  const wrong = Object.keys(value).length > 1 ? 'it has other keys beside it' : whyNotReference(ref);
  if (wrong !== undefined) {
    throw new ArtifactReferenceInvalid(
      `an object with the key "${KEY}" is not a reference to an artifact: ${wrong}; write the key "$${KEY}" where it is data`,
    );
  }
  return ref as unknown as ArtifactRef;
}

function whyNotReference(ref: JsonValue | undefined): string | undefined {
  if (!isObject(ref)) return 'its value is not an object';
  const { sha256, bytes, mediaType, encoding, uri } = ref;
  if (typeof sha256 !== 'string' || !isDigest(sha256)) return 'sha256 must be 64 lower-case hex digits';
  if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0) return 'bytes must be a whole number';
  if (typeof mediaType !== 'string' || !isMediaType(mediaType)) return 'mediaType must be like "image/png"';
  if (!ENCODINGS.has(encoding)) return 'encoding must be json, text, base64 or data-url';
  if (uri !== undefined && typeof uri !== 'string') return 'uri must be a string';
  return Object.keys(ref).every((field) => FIELDS.has(field)) ? undefined : 'it has unknown fields';
}

/** True for a JSON object, as opposed to an array or a scalar. */
export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
