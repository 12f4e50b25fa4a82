/**
 * How many of `total` are at most `percent` of them: 29 % of 100 are 29. In binary fractions 0.29 * 100 is a little less, and
 * one item fewer was allowed to fail than was asked for.
 */
export function wholeShare(percent: number, total: number): number {
  return Math.floor(Number(((percent * total) / 100).toFixed(9)));
}
