/** A glyph as the path of its stroke: capitals stand on y = 10 and reach up to y = 0; `width` is in the same units. */
interface Glyph {
  readonly width: number;
  readonly path: string;
}

const CAP_HEIGHT = 10;
const TRACKING = 2.6;

const glyph = (width: number, path: string): Glyph => ({ width, path });

/**
 * Single-stroke capitals, drawn here since a slim container has no fonts at all, and renders `<text>` as nothing without
 * a word of warning.
 */
const GLYPHS: Readonly<Record<string, Glyph>> = {
  A: glyph(8, 'M0 10 4 0 8 10M1.4 6.6H6.6'),
  B: glyph(6.3, 'M0 0V10H3.6A2.7 2.7 0 0 0 3.6 4.6H0M0 0H3.2A2.3 2.3 0 0 1 3.2 4.6'),
  C: glyph(8.5, 'M8.5 1.43A5 5 0 1 0 8.5 8.57'),
  D: glyph(7.5, 'M0 0V10H2.5A5 5 0 0 0 2.5 0Z'),
  E: glyph(5.6, 'M5.6 0H0V10H5.6M0 4.8H4.8'),
  F: glyph(5.4, 'M5.4 0H0V10M0 4.9H4.6'),
  G: glyph(9.6, 'M8.5 1.43A5 5 0 1 0 9.58 7V5.2H5.8'),
  H: glyph(7, 'M0 0V10M7 0V10M0 4.8H7'),
  I: glyph(0.2, 'M.1 0V10'),
  J: glyph(4.4, 'M4.4 0V7.6A2.2 2.4 0 0 1 0 7.6'),
  K: glyph(6.6, 'M0 0V10M6.2 0 0 6M2.4 3.8 6.6 10'),
  L: glyph(5.2, 'M0 0V10H5.2'),
  M: glyph(9, 'M0 10V0L4.5 6.8 9 0V10'),
  N: glyph(7.4, 'M0 10V0L7.4 10V0'),
  O: glyph(10, 'M5 0A5 5 0 1 0 5 10A5 5 0 1 0 5 0Z'),
  P: glyph(6, 'M0 10V0H3.2A2.8 2.8 0 0 1 3.2 5.6H0'),
  Q: glyph(10, 'M5 0A5 5 0 1 0 5 10A5 5 0 1 0 5 0ZM6.2 6.6 9.6 10.4'),
  R: glyph(6.4, 'M0 10V0H3.2A2.7 2.7 0 0 1 3.2 5.4H0M3 5.4 6.4 10'),
  S: glyph(
    5.8,
    'M5.5 1.6C5.1 .6 4.1 0 3 0 1.5 0 .3 1 .3 2.5 .3 5.4 5.8 4.2 5.8 7.4 5.8 9 4.5 10 2.9 10 1.5 10 .4 9.2 0 8',
  ),
  T: glyph(6.8, 'M0 0H6.8M3.4 0V10'),
  U: glyph(7, 'M0 0V6.5A3.5 3.5 0 0 0 7 6.5V0'),
  V: glyph(7.6, 'M0 0 3.8 10 7.6 0'),
  W: glyph(11.6, 'M0 0 2.9 10 5.8 0 8.7 10 11.6 0'),
  X: glyph(6.8, 'M0 0 6.8 10M6.8 0 0 10'),
  Y: glyph(7, 'M0 0 3.5 4.8 7 0M3.5 4.8V10'),
  Z: glyph(6.6, 'M0 0H6.6L0 10H6.6'),
  0: glyph(6.4, 'M3.2 0A3.2 5 0 1 0 3.2 10A3.2 5 0 1 0 3.2 0Z'),
  1: glyph(2.6, 'M0 2 2.6 0V10'),
  2: glyph(5.9, 'M.2 2.6A2.7 2.7 0 1 1 5 4.3L0 10H5.9'),
  3: glyph(5.8, 'M.3 0H5.4L2.8 3.9A3.05 3.05 0 1 1 0 8.3'),
  4: glyph(6.8, 'M5 10V0L0 7H6.8'),
  5: glyph(5.7, 'M5.2 0H1.2L.6 4.4A3.1 3.1 0 1 1 0 8.4'),
  6: glyph(6.2, 'M4.6 0 .7 5.1M3.1 3.8A3.1 3.1 0 1 0 3.1 10A3.1 3.1 0 1 0 3.1 3.8Z'),
  7: glyph(5.8, 'M0 0H5.8L2 10'),
  8: glyph(5.8, 'M2.9 4.6A2.3 2.3 0 1 1 2.9 0A2.3 2.3 0 1 1 2.9 4.6A2.7 2.7 0 1 1 2.9 10A2.7 2.7 0 1 1 2.9 4.6Z'),
  9: glyph(6.2, 'M1.6 10 5.5 4.9M3.1 6.2A3.1 3.1 0 1 0 3.1 0A3.1 3.1 0 1 0 3.1 6.2Z'),
  ' ': glyph(2.4, ''),
  '.': glyph(0.2, 'M.1 9.9V10'),
  ',': glyph(0.4, 'M.4 9.8 0 11.4'),
  ':': glyph(0.2, 'M.1 3.9V4M.1 9.9V10'),
  '-': glyph(3.4, 'M0 5.4H3.4'),
  '+': glyph(5, 'M0 5.4H5M2.5 2.9V7.9'),
  '/': glyph(4, 'M0 10.6 4 -.6'),
  '(': glyph(1.8, 'M1.8 -.8C-.6 2.6 -.6 7.8 1.8 11.2'),
  ')': glyph(1.8, 'M0 -.8C2.4 2.6 2.4 7.8 0 11.2'),
  "'": glyph(0.2, 'M.1 0V2.4'),
  '!': glyph(0.2, 'M.1 0V6.8M.1 9.9V10'),
  '&': glyph(7, 'M7 10 1.7 3.5A2 2 0 1 1 4.7 2.6C4.2 4.2 .2 4.8 .2 7.4 .2 9 1.4 10 3 10 5.4 10 6.6 8 7 5.6'),
};

export interface Lettering {
  /** Left or right end of the line. */
  readonly x: number;
  /** The line that capitals stand on. */
  readonly baseline: number;
  /** Height of a capital, in pixels. */
  readonly size: number;
  readonly colour: string;
  readonly align?: 'left' | 'right';
  /** What does not fit is cut, and ends in dots. */
  readonly maxWidth: number;
}

/**
 * A line of text as a piece of SVG. Latin letters lose their accents and case; text in any other script is left to the
 * fonts of the machine.
 */
export function letter(text: string, { x, baseline, size, colour, align = 'left', maxWidth }: Lettering): string {
  const characters = capitals(text);
  const glyphs = characters.map((character) => GLYPHS[character]);
  if (!glyphs.every((found) => found !== undefined)) {
    const anchor = align === 'right' ? 'end' : 'start';
    const shown = characters.slice(0, Math.floor(maxWidth / (size * 1.5))).join('');
    return `<text x="${x}" y="${baseline}" font-family="sans-serif" font-size="${size * 1.35}" fill="${colour}" text-anchor="${anchor}">${escapeXml(shown)}</text>`;
  }
  const scale = size / CAP_HEIGHT;
  const fitting = truncate(glyphs, maxWidth / scale);
  let pen = align === 'right' ? x - lengthOf(fitting) * scale : x;
  const strokes = fitting.map(({ width, path }) => {
    const at = pen;
    pen += (width + TRACKING) * scale;
    return `<path transform="translate(${at.toFixed(2)} ${baseline - size}) scale(${scale})" d="${path}"/>`;
  });
  return `<g fill="none" stroke="${colour}" stroke-width="1.3" stroke-linecap="round" stroke-linejoin="round">${strokes.join('')}</g>`;
}

function capitals(text: string): string[] {
  const plain = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[‘’]/g, "'")
    .replace(/[‐-―_]/g, '-');
  return [...plain.toUpperCase()].map((character) => (/\s/.test(character) ? ' ' : character));
}

function lengthOf(glyphs: readonly Glyph[]): number {
  return glyphs.reduce((sum, { width }) => sum + width + TRACKING, -TRACKING);
}

function truncate(glyphs: readonly Glyph[], maxLength: number): readonly Glyph[] {
  if (lengthOf(glyphs) <= maxLength) return glyphs;
  const dot = glyph(0.2, 'M.1 9.9V10');
  let kept = glyphs.length;
  while (kept > 0 && lengthOf([...glyphs.slice(0, kept), dot, dot, dot]) > maxLength) kept -= 1;
  return [...glyphs.slice(0, kept), dot, dot, dot];
}

function escapeXml(text: string): string {
  return text.replace(/[<>&"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
