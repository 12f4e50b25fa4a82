import sharp, { type Sharp } from 'sharp';
import { expect, test } from 'vitest';
import type { HandlerContext } from '../../../emulator/index.js';
import { createEndpoints } from '../../../examples/contact-sheet/handlers.js';
import type { JsonValue } from '../../../job-api/json.js';

const context: HandlerContext = { signal: new AbortController().signal, jobId: 'job', attempt: 1, progress() {} };

type Endpoints = ReturnType<typeof createEndpoints>;

async function run(
  endpoints: Endpoints,
  name: string,
  input: JsonValue,
  given = context,
): Promise<Record<string, JsonValue>> {
  const handler = endpoints[name]?.handler;
  if (!handler) throw new Error(`no endpoint ${name}`);
  return (await handler(input, given)) as Record<string, JsonValue>;
}

/** Endpoints past the staged failure. */
async function warmEndpoints(): Promise<Endpoints> {
  const endpoints = createEndpoints(0);
  await run(endpoints, 'score', { image: await base64(checks()), title: 'Any' }).catch(() => {});
  return endpoints;
}

/** Black and white squares on grey: sharp, and well exposed. */
function checks(width = 480, height = 320): Sharp {
  const squares = Array.from({ length: 60 }, (_, at) => {
    const [x, y] = [(at % 10) * 48, Math.floor(at / 10) * 54];
    return `<rect x="${x}" y="${y}" width="24" height="27" fill="${at % 2 ? '#222' : '#ddd'}"/>`;
  }).join('');
  const markup = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="#808080"/>${squares}</svg>`;
  return sharp(Buffer.from(markup)).removeAlpha();
}

async function base64(picture: Sharp): Promise<string> {
  return (await picture.png().toBuffer()).toString('base64');
}

async function scoreOf(endpoints: Endpoints, picture: Sharp): Promise<number> {
  return Number((await run(endpoints, 'score', { image: await base64(picture), title: 'Squares' })).score);
}

test('scores a sharp, well exposed picture over the same one blurred, dark or washed out', async () => {
  const endpoints = await warmEndpoints();
  const good = await scoreOf(endpoints, checks());

  expect(good).toBeGreaterThan(0.7);
  expect(await scoreOf(endpoints, checks().blur(6))).toBeLessThan(good / 2);
  expect(await scoreOf(endpoints, checks().linear(0.15, 0))).toBeLessThan(good / 2);
  expect(await scoreOf(endpoints, checks().linear(0.5, 200))).toBeLessThan(good / 2);
});

test('fails the first picture to be scored once, and no other', async () => {
  const endpoints = createEndpoints(0);
  const input = { image: await base64(checks()), title: 'Squares' };

  await expect(run(endpoints, 'score', input)).rejects.toThrow('out of memory on "Squares"');
  await expect(run(endpoints, 'score', input)).resolves.toHaveProperty('score');
  await expect(run(endpoints, 'score', { ...input, title: 'Others' })).resolves.toHaveProperty('score');
});

test('brings a picture into the frame as a JPEG, upright and in its own format', async () => {
  const endpoints = createEndpoints(0);
  const sideways = await checks().jpeg().withMetadata({ orientation: 6 }).toBuffer();

  const output = await run(endpoints, 'normalise', { image: sideways.toString('base64'), width: 240 });

  expect(output).toMatchObject({ width: 107, height: 160 });
  const { format, orientation } = await sharp(Buffer.from(String(output.image), 'base64')).metadata();
  expect({ format, orientation }).toEqual({ format: 'jpeg', orientation: undefined });
});

test('refuses what is not a picture', async () => {
  const image = Buffer.from('not a picture').toString('base64');
  await expect(run(createEndpoints(0), 'normalise', { image, width: 240 })).rejects.toThrow('unsupported image format');
});

test('lays captioned cards out as a PNG of rows and columns', async () => {
  const endpoints = createEndpoints(0);
  const picture = await base64(checks());
  const { image } = await run(endpoints, 'caption', {
    image: picture,
    title: 'Squares & more',
    score: 0.5,
    width: 480,
  });
  const card = await sharp(Buffer.from(String(image), 'base64')).metadata();
  expect(card).toMatchObject({ format: 'jpeg', width: 480, height: 374 });

  const output = await run(endpoints, 'sheet', {
    images: [image, image, image, image],
    title: 'Four',
    columns: 3,
  } as JsonValue);

  const sheet = await sharp(Buffer.from(String(output.image), 'base64')).metadata();
  expect(sheet).toMatchObject({ format: 'png', width: 2 * 44 + 3 * 480 + 2 * 32, height: 92 + 2 * 374 + 32 + 44 });
});

test('reports progress, and stops waiting as soon as its job is cancelled', async () => {
  const cancel = new AbortController();
  const reports: JsonValue[] = [];
  const given: HandlerContext = {
    ...context,
    signal: cancel.signal,
    progress(update) {
      reports.push(update);
      cancel.abort();
    },
  };
  const input = { image: await base64(checks()), width: 240 };

  await expect(run(createEndpoints(0.01), 'normalise', input, given)).rejects.toThrow('aborted');
  expect(reports).toEqual([{ stage: 'resizing', percent: 25 }]);
});
