/**
 * The remote side of the sample: handlers shaped like those of a serverless GPU worker (one JSON object in, one out,
 * pictures as base64), served by the emulator as `local/normalise`, `local/score`, `local/caption` and `local/sheet`.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { z } from 'zod';
import type { EndpointDefinition, HandlerContext } from '../../emulator/index.js';
import { composeCard, composeSheet, frameHeight } from './compose.js';
import { measure } from './measure.js';

const picture = z.base64().transform((text) => Buffer.from(text, 'base64'));
const normaliseInput = z.object({ image: picture, width: z.int().min(16).max(4096) });
const scoreInput = z.object({ image: picture, title: z.string() });
const captionInput = z.object({ image: picture, title: z.string(), score: z.number(), width: z.int().default(480) });
const sheetInput = z.object({
  images: z.array(picture).min(1).max(100),
  title: z.string(),
  columns: z.int().min(1).max(12),
});

/**
 * The four endpoints. Work that takes a GPU seconds takes sharp milliseconds, so each handler also waits a while, in
 * steps that it reports; and the first picture to be scored fails once, as jobs on real endpoints do now and then.
 *
 * @param pace Factor on the waits; 0 leaves them out.
 */
export function createEndpoints(pace = 1): Record<string, EndpointDefinition> {
  let failedOnce = false;

  async function work(ms: number, stage: string, { signal, progress }: HandlerContext): Promise<void> {
    const steps = 4;
    for (let step = 1; step <= steps; step += 1) {
      await sleep((ms * pace) / steps, undefined, { signal });
      progress({ stage, percent: (100 * step) / steps });
    }
  }

  return {
    normalise: {
      workers: 4,
      async handler(input, context) {
        const { image, width } = normaliseInput.parse(input);
        await work(700, 'resizing', context);
        const { data, info } = await sharp(image)
          .rotate() // by the camera's orientation tag, which the JPEG made here no longer carries
          .resize({ width, height: frameHeight(width), fit: 'inside' })
          .flatten({ background: '#ffffff' })
          .jpeg({ quality: 90 })
          .toBuffer({ resolveWithObject: true });
        return { image: data.toString('base64'), width: info.width, height: info.height };
      },
    },

    score: {
      workers: 4,
      async handler(input, context) {
        const { image, title } = scoreInput.parse(input);
        if (!failedOnce) {
          failedOnce = true;
          throw new Error(`the model ran out of memory on "${title}" (staged: the first score of all fails once)`);
        }
        await work(500, 'measuring', context);
        const { data, info } = await sharp(image)
          .resize({ width: 320, height: 320, fit: 'inside' })
          .greyscale()
          .raw()
          .toBuffer({ resolveWithObject: true });
        return { ...measure(data, info.width, info.height) };
      },
    },

    caption: {
      workers: 3,
      async handler(input, context) {
        const { image, title, score, width } = captionInput.parse(input);
        await work(600, 'lettering', context);
        const card = await composeCard({ picture: image, title, score, width });
        return { image: card.toString('base64') };
      },
    },

    sheet: {
      workers: 1,
      coldStartMs: 500 * pace,
      async handler(input, context) {
        const { images, title, columns } = sheetInput.parse(input);
        await work(1200, 'laying out', context);
        const sheet = await composeSheet({ cards: images, title, columns });
        return { image: sheet.toString('base64') };
      },
    },
  };
}

export const endpoints = createEndpoints();
