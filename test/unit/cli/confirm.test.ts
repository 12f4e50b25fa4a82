import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { confirm } from '../../../cli/confirm.js';

async function answer(typed: string): Promise<{ readonly confirmed: boolean; readonly asked: string }> {
  const stdin = new PassThrough();
  const stderr = new PassThrough();
  stdin.end(typed);
  const confirmed = await confirm('Apply?', { stdin, stderr });
  return { confirmed, asked: String(stderr.read()) };
}

it.each(['y\n', 'yes\n', ' Y \n'])('takes %j for a yes', async (typed) => {
  expect(await answer(typed)).toEqual({ confirmed: true, asked: 'Apply? [y/N] ' });
});

it.each(['\n', 'n\n', 'yep\n', ''])('takes %j for a no', async (typed) => {
  expect((await answer(typed)).confirmed).toBe(false);
});
