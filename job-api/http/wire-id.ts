/**
 * Ids come from configuration and from providers, and become parts of paths.
 *
 * @returns why one can't, or undefined for one that can
 */
export function whyNotId(id: string): string | undefined {
  if (id === '') return 'it is empty';
  return id === '.' || /\.\.|[/\\?#]|\p{Cc}|\p{Surrogate}/u.test(id) ? 'it would lead to another path' : undefined;
}
