import sharp from 'sharp';
import { expect, test } from 'vitest';
import { letter } from '../../../examples/contact-sheet/lettering.js';

const line = { x: 0, baseline: 20, size: 15, colour: '#000', maxWidth: 400 };

async function inkWidth(svg: string): Promise<number> {
  const markup = `<svg xmlns="http://www.w3.org/2000/svg" width="500" height="40">${svg}</svg>`;
  const { info } = await sharp(Buffer.from(markup))
    .flatten({ background: '#fff' })
    .trim()
    .toBuffer({ resolveWithObject: true });
  return info.width;
}

test('draws Latin text without any font, accents left out', async () => {
  const svg = letter('Größe: 0.85 (été)', line);
  expect(svg).not.toContain('<text');
  expect(await inkWidth(svg)).toBeGreaterThan(100);
  expect(letter('Ete', line)).toBe(letter('Été', line));
});

test('leaves other scripts to the fonts of the machine, with markup escaped', () => {
  expect(letter('東京 <b>', line)).toMatch(/<text .*>東京 &#60;B&#62;<\/text>/);
});

test('cuts text that is too long, and ends it in dots', async () => {
  const width = await inkWidth(
    letter('a very long title of a picture that nobody would read', { ...line, maxWidth: 200 }),
  );
  expect(width).toBeGreaterThan(150);
  expect(width).toBeLessThanOrEqual(202);
});

test('ends at the given point where it is aligned right', async () => {
  const left = letter('0.85', line);
  const right = letter('0.85', { ...line, x: 300, align: 'right' });
  expect(await inkWidth(left + right)).toBeGreaterThan(290);
});
