import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import jsonata from 'jsonata';
import sharp from 'sharp';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { packageRoot } from '../../../examples/contact-sheet/package-root.js';

const folder = join(packageRoot(), 'examples/contact-sheet');
const definition = parse(await readFile(join(folder, 'pipeline.yaml'), 'utf8'));

function evaluate(template: string, bindings: Record<string, unknown>): Promise<unknown> {
  const expression = /^\{%(.*)%\}$/s.exec(template.trim())?.[1];
  if (expression === undefined) throw new Error(`not an expression: ${template}`);
  return jsonata(expression).evaluate({}, bindings);
}

const plain = (value: unknown) => JSON.parse(JSON.stringify(value));

test('ships twelve pictures of under a megabyte in all', async () => {
  const files = await readdir(join(folder, 'pictures'));
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(folder, 'pictures', file))).size));
  expect(files).toHaveLength(12);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1_000_000);
  for (const file of files) {
    expect(await sharp(join(folder, 'pictures', file)).metadata()).toMatchObject({ width: 960, height: 640 });
  }
});

test.each([
  [3, ['B', 'C', 'D']],
  [1, ['B']],
  [9, ['B', 'C', 'D']],
])('keeps the best %i of the pictures that could be read, with their own scores', async (keep, titles) => {
  const input = { keep, pictures: ['A', 'B', 'C', 'D'].map((title) => ({ title, image: title })) };
  const normalised = { output: [null, { image: 'b' }, { image: 'c' }, { image: 'd' }] };
  const usable = { output: await evaluate(definition.steps.usable.set, { input, steps: { normalised } }) };
  const scored = { output: [{ score: 0.9 }, { score: 0.5 }, { score: 0.1 }] };

  const best = await evaluate(definition.steps.best.set, { input, steps: { usable, scored } });

  expect(plain(best).map(({ title }: { title: string }) => title)).toEqual(titles);
  expect(plain(best)[0]).toEqual({ title: 'B', image: 'b', score: 0.9 });
});

test('makes lists where a single picture is left, and the best six where nothing is asked', async () => {
  const pictures = Array.from({ length: 8 }, (_, at) => ({ title: `P${at}`, image: `${at}` }));
  const usable = { output: pictures };
  const scored = { output: pictures.map((_, at) => ({ score: at / 10 })) };
  const six = await evaluate(definition.steps.best.set, { input: { pictures }, steps: { usable, scored } });
  expect(plain(six)).toHaveLength(6);

  const captioned = { output: [{ image: 'card' }] };
  expect(plain(await evaluate(definition.steps.sheet.input.images, { steps: { captioned } }))).toEqual(['card']);
});
