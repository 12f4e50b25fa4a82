import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NoPictures, readPictures } from '../../../examples/contact-sheet/read-pictures.js';

let folder: string;
const lines: string[] = [];
const log = (line: string) => void lines.push(line);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jobrelay-pictures-'));
  lines.length = 0;
});
afterEach(() => rm(folder, { recursive: true }));

const dot = () => sharp({ create: { width: 8, height: 8, channels: 3, background: '#aa2222' } });

test('reads the pictures of a folder by name, and says what it leaves out', async () => {
  await dot().png().toFile(join(folder, 'picture-10.png'));
  await dot().webp().toFile(join(folder, 'picture_2.webp'));
  await writeFile(join(folder, 'notes.txt'), 'not a picture');
  await writeFile(join(folder, '.hidden'), 'nobody wants to hear of it');
  await mkdir(join(folder, 'more'));

  const pictures = await readPictures(folder, { limit: 40, log });

  expect(pictures.map(({ title }) => title)).toEqual(['Picture 2', 'Picture 10']);
  expect(lines).toEqual([expect.stringContaining('Left out notes.txt: ')]);
});

test('shrinks a picture that would not fit into a request', async () => {
  const noise = {
    create: { width: 2400, height: 1200, channels: 3, background: '#000' },
    noise: { type: 'gaussian', mean: 128, sigma: 60 },
  } as const;
  const file = await sharp({ create: { ...noise.create, noise: noise.noise } })
    .png()
    .toFile(join(folder, 'noise.png'));
  expect(file.size).toBeGreaterThan(4 * 1024 * 1024);

  const [picture] = await readPictures(folder, { limit: 40, log });

  const bytes = Buffer.from(picture?.image ?? '', 'base64');
  expect(bytes.length).toBeLessThan(4 * 1024 * 1024);
  expect(await sharp(bytes).metadata()).toMatchObject({ format: 'jpeg', width: 2000, height: 1000 });
});

test('takes no more than the limit, and says so', async () => {
  for (const name of ['a', 'b', 'c'])
    await dot()
      .png()
      .toFile(join(folder, `${name}.png`));
  expect(await readPictures(folder, { limit: 2, log })).toHaveLength(2);
  expect(lines).toEqual(['Left out the last 1 files: the sample takes up to 2 pictures.']);
});

test('names a folder that is not there or holds no pictures', async () => {
  await expect(readPictures(folder, { limit: 40, log })).rejects.toThrow(NoPictures);
  await expect(readPictures(join(folder, 'none'), { limit: 40, log })).rejects.toThrow(/there is no folder .*none/);
});
