import { cutEnd } from './cut-text.js';

/** How much of a provider's words an error keeps. */
const MAX_QUOTE_BYTES = 2048;

/** Shorter ones would blank out ordinary words, and protect nothing. */
const MIN_SECRET_LENGTH = 4;

/**
 * Makes the function that prepares a provider's words for an error. Some providers echo what they were sent, so every
 * secret of the request is taken out, before the cut could leave half of one.
 */
export function quoteWithout(secrets: readonly string[]): (text: string) => string {
  const hidden = secrets.filter((secret) => secret.length >= MIN_SECRET_LENGTH);
  return (text) =>
    cutEnd(
      hidden.reduce((words, secret) => words.replaceAll(secret, '[secret]'), text),
      MAX_QUOTE_BYTES,
    );
}
