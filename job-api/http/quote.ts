import type { JsonValue } from '../json.js';
import { cutEnd } from './cut-text.js';

/** How much of a provider's words an error keeps. */
const MAX_QUOTE_BYTES = 2048;

/** Shorter ones would blank out ordinary words, and protect nothing. */
const MIN_SECRET_LENGTH = 4;

/**
 * What lets whoever has a signed URL read what it leads to: AWS (versions 4 and 2), Google, Azure, CloudFront. A handler that
 * cannot read the address that it was given says so with all of it. `&` may stand there as JSON of other languages writes it.
 */
const SIGNED =
  /(?<![a-z])((?:X-(?:Amz|Goog)-(?:Signature|Credential|Security-Token)|AWSAccessKeyId|Key-Pair-Id|Signature|sig)(?:=|%3D))(?!\[secret\])[^&\s"'<>\\,;]{4,}/gi;

/**
 * Makes the function that prepares a provider's words for an error. Some providers echo what they were sent, so every
 * secret of the request is taken out, before the cut could leave half of one.
 */
export function quoteWithout(secrets: readonly string[]): (text: string) => string {
  const hide = hiding(secrets);
  return (text) => cutEnd(hide(text), MAX_QUOTE_BYTES);
}

/** Makes the function that takes secrets out of a text, also as JSON writes them; and the signatures of any URL. */
export function hiding(secrets: readonly string[]): (text: string) => string {
  const written = secrets
    .filter((secret) => secret.length >= MIN_SECRET_LENGTH)
    .flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]);
  // The longest first: of one that begins like another, nothing stays.
  const hidden = [...new Set(written)].sort((a, b) => b.length - a.length);
  return (text) =>
    hidden.reduce((words, secret) => words.replaceAll(secret, '[secret]'), text).replace(SIGNED, '$1[secret]');
}

/** The same for every text in a value. */
export function hideIn(value: JsonValue, hide: (text: string) => string): JsonValue {
  if (typeof value === 'string') return hide(value);
  if (Array.isArray(value)) return value.map((item: JsonValue) => hideIn(item, hide));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [hide(key), hideIn(item, hide)]));
}
