import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../../../cli/errors.js';
import { readInput } from '../../../cli/read-input.js';

let cwd: string;
beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'jobrelay-input-'));
  await writeFile(join(cwd, 'good.json'), '{"a": 1}');
  await writeFile(join(cwd, 'bad.json'), '{\n  "a": 1,\n}');
});
afterAll(() => rm(cwd, { recursive: true }));

const read = (argument: string, stdin = '') => readInput(argument, { stdin: Readable.from([stdin]), cwd });

describe('an --input', () => {
  it('is JSON', async () => {
    expect(await read('{"a": 1}')).toEqual({ a: 1 });
  });

  it('is a file after @', async () => {
    expect(await read('@good.json')).toEqual({ a: 1 });
  });

  it('is the standard input for -', async () => {
    expect(await read('-', '[1]')).toEqual([1]);
  });

  it('may begin with a byte order mark in a file and on the standard input', async () => {
    await writeFile(join(cwd, 'marked.json'), '\uFEFF{"a": 1}');
    expect(await read('@marked.json')).toEqual({ a: 1 });
    expect(await read('-', '\uFEFF[1]')).toEqual([1]);
  });

  it('is named where it is not in UTF-8', async () => {
    await writeFile(join(cwd, 'wide.json'), '\uFEFF{"a": 1}', 'utf16le');
    await expect(read('@wide.json')).rejects.toThrow(
      new InputError('wide.json:1:1: this file is in UTF-16: save it as UTF-8'),
    );
  });

  it.each([
    ['a file that is not there', '@nowhere.json', '--input @nowhere.json: there is no such file'],
    ['a folder', '@.', '--input @.: it is a folder'],
    ['a file that is not JSON', '@bad.json', 'bad.json:3:1: not JSON: unexpected "}"'],
    ['an empty standard input', '-', '<stdin> is empty: JSON was expected'],
  ])('of %s is refused', async (_name, argument, message) => {
    await expect(read(argument)).rejects.toThrow(message);
  });
});
