/**
 * Nobody is asked to wait longer: pages of a maintenance say hours, whatever they mean, and a result that waits for us is
 * gone after half of one. Who is asked again too early says so again.
 */
export const RETRY_AFTER_MAX_MS = 5 * 60_000;

/**
 * Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds, or a date in the form all senders must use
 * (`Sun, 06 Nov 1994 08:49:37 GMT`). Anything else is `undefined` rather than a guess; a date gone by is 0.
 *
 * @returns milliseconds from `nowMs`, {@link RETRY_AFTER_MAX_MS} at most
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Math.min(Number(text) * 1000, RETRY_AFTER_MAX_MS);
  const dateMs = Date.parse(text);
  // `Date.parse` takes many forms; only the standard one survives the way there and back.
  if (Number.isNaN(dateMs) || new Date(dateMs).toUTCString() !== text) return undefined;
  return Math.min(Math.max(0, dateMs - nowMs), RETRY_AFTER_MAX_MS);
}
