/**
 * Reads a `Retry-After` header (RFC 9110, 10.2.3): seconds, or a date in the form all senders must use
 * (`Sun, 06 Nov 1994 08:49:37 GMT`). Anything else is `undefined` rather than a guess; a date gone by is 0.
 *
 * @returns milliseconds from `nowMs`
 */
export function parseRetryAfter(value: string | undefined, nowMs: number): number | undefined {
  const text = value?.trim() ?? '';
  if (/^\d{1,10}$/.test(text)) return Number(text) * 1000;
  const dateMs = Date.parse(text);
  // `Date.parse` takes many forms; only the standard one survives the way there and back.
  if (Number.isNaN(dateMs) || new Date(dateMs).toUTCString() !== text) return undefined;
  return Math.max(0, dateMs - nowMs);
}
