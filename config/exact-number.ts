/**
 * Whether a number as it is written has more digits than a double keeps, as a seed of 64 bits may: JSON in JavaScript, and so
 * all that passes through here, would change it in silence.
 */
export function losesDigits(literal: string): boolean {
  return /^[-+]?\d{16,}$/.test(literal) && BigInt(literal) !== BigInt(Number(literal));
}

export const LOSES_DIGITS =
  'has more digits than a number keeps here (whole up to 9007199254740991): write it as a text, in quotes';
