/**
 * Draws the pictures of the sample into `pictures/`: `node dist/examples/contact-sheet/draw-pictures.js [DIR]`. Each scene is
 * SVG from a seeded random source, so that a run draws the same pictures again; some are then spoiled on purpose, for
 * the pipeline to sort out.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { createRandom, HEIGHT, WIDTH } from './drawing/scenery.js';
import { type Scene, scenes } from './drawing/scenes.js';
import { packageRoot } from './package-root.js';

const directory = process.argv[2] ?? join(packageRoot(), 'examples/contact-sheet/pictures');
await mkdir(directory, { recursive: true });
for (const scene of scenes) {
  const file = join(directory, `${scene.name}.jpg`);
  await photograph(scene).jpeg({ quality: 84, mozjpeg: true }).toFile(file);
  console.log(file);
}

function photograph({ seed, draw, flaw }: Scene): Sharp {
  const markup = `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${HEIGHT}">${draw(createRandom(seed))}</svg>`;
  const photo = sharp(Buffer.from(markup)).removeAlpha();
  switch (flaw?.kind) {
    case undefined:
      return photo;
    case 'out-of-focus':
      return photo.blur(flaw.radius);
    case 'underexposed':
      return photo.linear(flaw.gain, 0);
    case 'overexposed':
      return photo.linear(flaw.gain, flaw.lift);
  }
}
