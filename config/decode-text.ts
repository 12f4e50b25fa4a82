import { YamlError } from './yaml-source.js';

/**
 * The text of a file that a person wrote.
 *
 * @throws {YamlError} where it is not in UTF-8: taken for it, another encoding is no document, or has other letters than meant
 */
export function decodeText(bytes: Uint8Array, file: string): string {
  const encoding = otherUnicode(bytes);
  if (encoding !== undefined) {
    throw new YamlError(file, { line: 1, column: 1 }, `this file is in ${encoding}: save it as UTF-8`);
  }
  const text = Buffer.from(bytes).toString('utf8');
  const same = Buffer.from(text);
  if (same.equals(bytes)) return text;
  const wrong = bytes.findIndex((byte, index) => byte !== same[index]);
  const before = Buffer.from(bytes.subarray(0, wrong)).toString('utf8').split('\n');
  const at = { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
  const what = 'not UTF-8 from here on, but another encoding, such as Latin-1 or Windows-1252: save the file as UTF-8';
  throw new YamlError(file, at, what);
}

/** By the mark at the beginning, or by what the first letter of a document looks like. */
function otherUnicode([first, second, third, fourth]: Uint8Array): string | undefined {
  const isWide = (first === 0 && second === 0) || (second === 0 && third === 0 && fourth === 0);
  if (isWide || (first === 0xff && second === 0xfe && third === 0 && fourth === 0)) return 'UTF-32';
  const isMarked = (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
  return isMarked || first === 0 || second === 0 ? 'UTF-16' : undefined;
}
