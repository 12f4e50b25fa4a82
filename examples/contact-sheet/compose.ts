import sharp, { type OverlayOptions } from 'sharp';
import { letter } from './lettering.js';

const PAPER = '#15181d';
const MAT = '#0d0f12';
const INK = '#e9e6df';
const ACCENT = '#e8a33d';
const RULE = '#2b3038';

/** Height of the picture's area for a width: cards share one format, so that pictures of any format line up. */
export function frameHeight(width: number): number {
  return Math.round((width * 2) / 3);
}

export interface Card {
  readonly picture: Buffer;
  readonly title: string;
  /** 0 to 1. */
  readonly score: number;
  /** Of the card, in pixels. */
  readonly width: number;
}

/** Mounts a picture over its title and score. Returns a JPEG. */
export async function composeCard({ picture, title, score, width }: Card): Promise<Buffer> {
  const frame = frameHeight(width);
  const unit = width / 480;
  const height = frame + Math.round(54 * unit);
  const line = { baseline: frame + 34 * unit, size: 15 * unit };
  const bar = frame + 48 * unit;
  const caption = svg(
    width,
    height,
    `<rect y="${frame}" width="${width}" height="${height - frame}" fill="${PAPER}"/>
     ${letter(title, { ...line, x: 2 * unit, colour: INK, maxWidth: width - 80 * unit })}
     ${letter(score.toFixed(2), { ...line, x: width - 2 * unit, colour: ACCENT, align: 'right', maxWidth: 70 * unit })}
     <rect y="${bar}" width="${width}" height="${2 * unit}" fill="${RULE}"/>
     <rect y="${bar}" width="${width * Math.min(1, Math.max(0, score))}" height="${2 * unit}" fill="${ACCENT}"/>`,
  );
  const fitted = await sharp(picture).resize(width, frame, { fit: 'contain', background: MAT }).toBuffer();
  return sharp({ create: { width, height, channels: 3, background: PAPER } })
    .composite([
      { input: fitted, top: 0, left: 0 },
      { input: caption, top: 0, left: 0 },
    ])
    .jpeg({ quality: 92, chromaSubsampling: '4:4:4' })
    .toBuffer();
}

export interface Sheet {
  readonly cards: readonly Buffer[];
  readonly title: string;
  readonly columns: number;
}

/** Lays cards out in rows under a title. Returns a PNG. */
export async function composeSheet({ cards, title, columns }: Sheet): Promise<Buffer> {
  const sizes = await Promise.all(cards.map((card) => sharp(card).metadata()));
  const cell = {
    width: Math.max(...sizes.map(({ width }) => width)),
    height: Math.max(...sizes.map(({ height }) => height)),
  };
  const across = Math.min(columns, cards.length);
  const margin = 44;
  const gap = 32;
  const header = 92;
  const width = 2 * margin + across * cell.width + (across - 1) * gap;
  const rows = Math.ceil(cards.length / across);
  const height = header + margin + rows * cell.height + (rows - 1) * gap;

  const heading = svg(
    width,
    header,
    letter(title, { x: margin, baseline: 60, size: 22, colour: INK, maxWidth: width - 2 * margin }),
  );
  const placed = cards.map(
    (input, index): OverlayOptions => ({
      input,
      left: margin + (index % across) * (cell.width + gap),
      top: header + Math.floor(index / across) * (cell.height + gap),
    }),
  );
  return sharp({ create: { width, height, channels: 3, background: PAPER } })
    .composite([{ input: heading, top: 0, left: 0 }, ...placed])
    .png({ compressionLevel: 9 })
    .toBuffer();
}

function svg(width: number, height: number, content: string): Buffer {
  return Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">${content}</svg>`);
}
