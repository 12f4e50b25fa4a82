/** What most ids are made of: nothing in them needs a look, or an encoding. */
const PLAIN = /^[\w-]+$/;

/**
 * Ids come from configuration and from providers, and become parts of paths.
 *
 * @returns why one can't, or undefined for one that can
 */
export function whyNotId(id: string): string | undefined {
  if (PLAIN.test(id)) return undefined;
  if (id === '') return 'it is empty';
  return id === '.' || /\.\.|[/\\?#]|\p{Cc}|\p{Surrogate}/u.test(id) ? 'it would lead to another path' : undefined;
}

/** An id, or a part of one, as it stands in a path. */
export function encodeId(id: string): string {
  return PLAIN.test(id) ? id : encodeURIComponent(id);
}
