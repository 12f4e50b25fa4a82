const ELLIPSIS = '…';
const ELLIPSIS_BYTES = 3;

/** Cuts text to `maxBytes` of UTF-8, never inside a character, keeping its start and marking the cut. */
export function cutEnd(text: string, maxBytes: number): string {
  if (fits(text, maxBytes)) return text;
  const room = new Uint8Array(maxBytes - ELLIPSIS_BYTES);
  return text.slice(0, new TextEncoder().encodeInto(text, room).read) + ELLIPSIS;
}

/** As {@link cutEnd}, keeping the end: where a traceback names its exception. */
export function cutStart(text: string, maxBytes: number): string {
  if (fits(text, maxBytes)) return text;
  // A UTF-16 unit is at least one byte, so what fits is within this tail.
  const tail = Buffer.from(text.slice(-maxBytes));
  let start = Math.max(0, tail.length - (maxBytes - ELLIPSIS_BYTES));
  while (isContinuation(tail[start])) start += 1;
  return ELLIPSIS + tail.toString('utf8', start);
}

function fits(text: string, maxBytes: number): boolean {
  return text.length <= maxBytes && Buffer.byteLength(text) <= maxBytes;
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0b1100_0000) === 0b1000_0000;
}
