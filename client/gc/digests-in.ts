const HEX = /[0-9a-f]{64,}/g;

/**
 * All that could be the digest of an artifact, wherever it stands: in a reference, in the log of a stream, in text. To
 * take too much for a digest keeps a file too long; to take too little would lose one. So of a longer run of digits
 * both ends count: what stands before a digest may end like one, as the `f` of an escaped form feed.
 */
export function digestsIn(bytes: Uint8Array): readonly string[] {
  return inText(asText(bytes));
}

/** The same of a content that is too large to be in memory. One may be told twice. */
export async function* digestsInStream(content: AsyncIterable<Uint8Array>): AsyncGenerator<string, void> {
  let rest = '';
  for await (const chunk of content) {
    const text = rest + asText(chunk);
    yield* inText(text);
    // One that begins here and ends in the next chunk.
    rest = text.slice(-63);
  }
}

function inText(text: string): readonly string[] {
  return Array.from(text.matchAll(HEX), ([run]) =>
    run.length === 64 ? [run] : [run.slice(0, 64), run.slice(-64)],
  ).flat();
}

/** A byte a character: nothing else than ASCII is looked for, and no character is broken at the edge of a chunk. */
function asText(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
