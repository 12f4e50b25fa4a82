import { readdir, readFile } from 'node:fs/promises';
import { join, parse } from 'node:path';
import sharp from 'sharp';

/** A picture as the pipeline takes it. */
export interface Picture {
  readonly title: string;
  /** Base64 of the file. */
  readonly image: string;
}

export interface ReadOptions {
  /** Files beyond it are left out. */
  readonly limit: number;
  /** Told of what is left out, one line each. */
  readonly log: (line: string) => void;
}

/** Over this a picture is shrunk first: job APIs take bodies of 10 MiB, and base64 adds a third. */
const MAX_BYTES = 4 * 1024 * 1024;
const SHRUNK_PIXELS = 2000;

/** Thrown where a folder cannot be read, or holds no picture. */
export class NoPictures extends Error {
  override readonly name = 'NoPictures';
}

/**
 * Reads the pictures of a folder, by name. What is not a picture that sharp can open is left out.
 *
 * @throws {NoPictures}
 */
export async function readPictures(folder: string, { limit, log }: ReadOptions): Promise<Picture[]> {
  const pictures: Picture[] = [];
  const files = await listFiles(folder);
  for (const [at, file] of files.entries()) {
    if (pictures.length === limit) {
      log(`Left out the last ${files.length - at} files: the sample takes up to ${limit} pictures.`);
      break;
    }
    try {
      const bytes = await shrink(await readFile(join(folder, file)));
      pictures.push({ title: titleOf(file), image: bytes.toString('base64') });
    } catch (error) {
      const [reason] = String(error instanceof Error ? error.message : error).split('\n');
      log(`Left out ${file}: ${reason}`);
    }
  }
  if (pictures.length === 0) {
    throw new NoPictures(`no pictures in ${folder}: give a folder with JPEG, PNG, WebP, GIF, AVIF or TIFF files`);
  }
  return pictures;
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && !entry.name.startsWith('.'))
      .map(({ name }) => name)
      .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }));
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new NoPictures(missing ? `there is no folder ${folder}` : `cannot read ${folder}: ${String(error)}`);
  }
}

async function shrink(file: Buffer): Promise<Buffer> {
  const picture = sharp(file);
  await picture.metadata();
  if (file.length <= MAX_BYTES) return file;
  return picture
    .rotate()
    .resize({ width: SHRUNK_PIXELS, height: SHRUNK_PIXELS, fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .jpeg({ quality: 90 })
    .toBuffer();
}

/** `red-boat.jpg` becomes `Red boat`. */
function titleOf(file: string): string {
  const words = parse(file)
    .name.replace(/[-_\s]+/g, ' ')
    .trim();
  return words === '' ? file : words.charAt(0).toUpperCase() + words.slice(1);
}
