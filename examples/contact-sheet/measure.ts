/** How good a picture is by what can be computed at once, each 0 (worst) to 1 (best). */
export interface Measures {
  readonly sharpness: number;
  readonly exposure: number;
  /** The geometric mean: a picture must be both sharp and well exposed, one does not make up for the other. */
  readonly score: number;
}

/** Variance of the Laplacian that counts as half sharp, for luminance 0..255 of a picture some 320 pixels wide. */
const HALF_SHARP = 350;
const BLACK = 6;
const WHITE = 249;

/**
 * Measures luminance values (one byte a pixel, row by row).
 *
 * Sharpness is the variance of the Laplacian: blur takes away exactly the fine contrast that it responds to. Exposure
 * falls with the distance of the mean from middle grey, and with the share of pixels that are clipped to black or white.
 */
export function measure(luminance: Uint8Array, width: number, height: number): Measures {
  const at = (x: number, y: number): number => luminance[y * width + x] ?? 0;
  let sum = 0;
  let sumOfSquares = 0;
  for (let y = 1; y < height - 1; y += 1) {
    for (let x = 1; x < width - 1; x += 1) {
      const laplacian = at(x - 1, y) + at(x + 1, y) + at(x, y - 1) + at(x, y + 1) - 4 * at(x, y);
      sum += laplacian;
      sumOfSquares += laplacian * laplacian;
    }
  }
  const inner = Math.max(1, (width - 2) * (height - 2));
  const variance = sumOfSquares / inner - (sum / inner) ** 2;

  let total = 0;
  let clipped = 0;
  for (const value of luminance) {
    total += value;
    if (value <= BLACK || value >= WHITE) clipped += 1;
  }
  const mean = total / luminance.length / 255;
  const offMiddle = Math.abs(mean - 0.5) * 2;

  const sharpness = variance / (variance + HALF_SHARP);
  const exposure = (1 - offMiddle ** 2) * (1 - clipped / luminance.length);
  return { sharpness: round(sharpness), exposure: round(exposure), score: round(Math.sqrt(sharpness * exposure)) };
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}
